import type { Express } from 'express';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  /** 0 takes a free one. */
  port: number;
  /** Default 127.0.0.1: this machine only. */
  host?: string;
}

export interface Listening {
  url: string;
  port: number;
  /** Lets requests under way end (for at most a second), then resolves. */
  close(): Promise<void>;
}

/** How long `close` waits for requests under way, in ms. */
const GRACE_MS = 1000;

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE')
    return new Error(`port ${port}: expected it free, got one in use; choose another with --port`, {
      cause: error,
    });
  if (error.code === 'EACCES')
    return new Error(
      `port ${port}: expected one we may use, got a privileged one; choose one from 1024 with --port`,
      { cause: error },
    );
  return new Error(`${host}:${port}: cannot listen (${error.message})`, { cause: error });
}

/** Serves `app`; rejects with a readable error where the port cannot be had. */
export function listen(app: Express, { port, host = '127.0.0.1' }: ListenOptions): Promise<Listening> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, app);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      server.close(() => {
        clearTimeout(force);
        resolve();
      });
      server.closeIdleConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, port, host)));
    server.listen(port, host, () => {
      const taken = (server.address() as AddressInfo).port;
      resolve({ url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`, port: taken, close });
    });
  });
}
