import type { RequestHandler } from 'express';
import { destination, pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on stderr: stdout is for a command's result. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: false }),
  );
}

/** Says nothing: what an app does that was not given a logger. */
export const silent = (): Logger => pino({ level: 'silent' });

/** A line a request: what was asked and how it ended. No bodies, no query, no addresses. */
export function accessLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const begin = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const ms = Math.round(10 * (performance.now() - begin)) / 10;
      const cut = response.writableFinished ? undefined : true;
      log.info({ method, path, status: response.statusCode, ms, cut }, 'request');
    });
    next();
  };
}
