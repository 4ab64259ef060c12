import type { Express } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  /** 0 takes a free one. */
  port: number;
  /** Default 127.0.0.1: this machine only. */
  host?: string;
  /** How long `close` waits for requests under way, in ms. Default 1,000. */
  grace?: number;
}

export interface Listening {
  url: string;
  port: number;
  /** Lets requests under way end (for as long as `grace` says), then resolves. */
  close(): Promise<void>;
}

/** A client that takes longer than this for its headers, or its whole request, is cut off: in ms. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  // An upload of 256 MB on a slow line; small bodies have a shorter one of their own.
  requestTimeout: 300_000,
  connectionsCheckingInterval: 2000,
  // Longer than the 60 s of usual proxies, so that they and not we close an idle connection.
  keepAliveTimeout: 65_000,
} as const;

/** Connections that wait to be accepted; the system may allow fewer (net.core.somaxconn). */
const BACKLOG = 4096;
/** Beyond these, further ones are closed at once: each costs memory. */
const MOST_CONNECTIONS = 10_000;

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

function closeWithin(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Serves `app`; rejects with a readable error where the port cannot be had. */
export function listen(app: Express, options: ListenOptions): Promise<Listening> {
  const { port, host = '127.0.0.1', grace = 1000 } = options;
  const server = createServer(TIMEOUTS, app);
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, port, host)));
    server.listen({ port, host, backlog: BACKLOG }, () => {
      const taken = (server.address() as AddressInfo).port;
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`;
      resolve({ url, port: taken, close: () => closeWithin(server, grace) });
    });
  });
}
