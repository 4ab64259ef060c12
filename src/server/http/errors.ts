import type { ErrorRequestHandler, RequestHandler } from 'express';
import { MulterError } from 'multer';
import type { Logger } from 'pino';
import type { z } from 'zod';

/** What is answered instead of what was asked for; its message is told to the client. */
export class HttpError extends Error {
  override name = 'HttpError';

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** A value in a message: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

/** Checks what came with a request. @throws HttpError 400 with a line a fault */
export function parse<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.slice(0, 10).map(({ path, message }) => {
    const got = path.length > 0 ? `, got ${shown(at(value, path))}` : '';
    return `${[where, ...path.map(String)].join('.')}: ${message}${got}`;
  });
  throw new HttpError(400, lines.join('\n'));
}

export const notFound: RequestHandler = (request, response) => {
  response.status(404).json({ error: `${request.path}: not found` });
};

/** The methods that a path has; anything else is 405. */
export function only(...methods: string[]): RequestHandler {
  const allowed = methods.join(', ');
  return (request, response) => {
    response.status(405).set({ Allow: allowed, Connection: 'close' });
    response.json({
      error: `method: expected ${allowed.replace(/, (\w+)$/, ' or $1')}, got ${request.method}`,
    });
  };
}

const refuse = only('GET', 'HEAD');

/** Files are read, nothing else. */
export const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else void refuse(request, response, next);
};

const UPLOAD_LIMITS: Record<string, string> = {
  LIMIT_FILE_SIZE: 'a file is too large',
  LIMIT_FILE_COUNT: 'too many files',
  LIMIT_PART_COUNT: 'too many parts',
  LIMIT_FIELD_COUNT: 'too many fields',
  LIMIT_FIELD_VALUE: 'a field is too long',
  LIMIT_FIELD_KEY: "a field's name is too long",
};

/** What went wrong in a request of ours is told; what went wrong in here is logged. */
export function failure(log: Logger): ErrorRequestHandler {
  return (thrown: Error & { status?: number; headers?: Record<string, string> }, request, response, next) => {
    const error = asHttp(thrown);
    if (response.headersSent) return next(error);
    const status = error.status ?? 500;
    if (status >= 500 && !(thrown instanceof HttpError))
      log.error({ err: thrown, method: request.method, path: request.path }, 'request failed');
    // What is left of a body that is not read would be taken for the next request.
    if (!request.complete) response.set('Connection', 'close');
    if (error instanceof HttpError) response.set(error.headers);
    // a route may have said what it was about to send
    for (const name of ['Content-Disposition', 'ETag']) response.removeHeader(name);
    response.set('Cache-Control', 'no-store').type('json');
    response.status(status).json({ error: told(error, status, request.path) });
  };
}

function told(error: Error, status: number, path: string): string {
  if (error instanceof HttpError) return error.message;
  if (status === 404) return `${path}: not found`;
  return status < 500 ? error.message : 'the server failed';
}

function asHttp(error: Error & { status?: number }): Error & { status?: number } {
  if (error instanceof MulterError) {
    const limit = UPLOAD_LIMITS[error.code];
    const message = `upload: ${limit ?? error.message}${error.field ? ` (${shown(error.field)})` : ''}`;
    return new HttpError(limit ? 413 : 400, message);
  }
  return isFull(error) ? new HttpError(507, FULL) : error;
}

const FULL =
  'disk: expected what was sent to be kept, got a full or failing disk; come back later, or tell who runs this server';

/** Of the file system, of a quota, or of SQLite, whose library gives no codes and calls a full disk an I/O error. */
function isFull({ code, cause, message }: NodeJS.ErrnoException): boolean {
  const codes = [code, (cause as NodeJS.ErrnoException | undefined)?.code];
  return (
    codes.some((each) => each === 'ENOSPC' || each === 'EDQUOT') ||
    /disk is full|disk I\/O error/.test(message)
  );
}
