import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.js';

/** The body of a request that was cut off: nobody waits for an answer. */
export class CutOff extends Error {}

/** A body that is not there by then is not coming, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Reads a body whole.
 * @throws HttpError 413 as soon as it is longer than `most`, 408 where it comes too slowly; CutOff where the client went away
 */
export function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > most) return Promise.reject(tooLong(most, declared));
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let length = 0;
    let settled = false;
    const fail = (error: Error): void => {
      settled = true;
      clearTimeout(slow);
      parts = [];
      request.pause();
      reject(error);
    };
    const slow = setTimeout(
      () =>
        fail(
          new HttpError(408, `body: expected it whole within ${PATIENCE_MS / 1000} s, got ${length} bytes`),
        ),
      PATIENCE_MS,
    );
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > most) fail(tooLong(most, `more than ${most}`));
      else parts.push(part);
    });
    request.once('end', () => {
      settled = true;
      clearTimeout(slow);
      resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    });
    // comes after every request: an error is made only for one that was cut off
    request.once('close', () => {
      if (!settled) fail(new CutOff('cut off'));
    });
    request.once('error', () => undefined);
  });
}

const tooLong = (most: number, got: number | string): HttpError =>
  new HttpError(413, `body: expected at most ${most} bytes, got ${got}`);

/** @throws HttpError 400 for what is not JSON. `__proto__` stays a plain key that no schema knows. */
export function parseJson(body: Buffer | string, where: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new HttpError(400, `${where}: expected JSON, got: ${(error as Error).message}`);
  }
}

/** The media type without its parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
}

/** A JSON body. @throws HttpError 415, 413, 400 */
export async function readJson(request: IncomingMessage, most: number): Promise<unknown> {
  const type = mediaType(request);
  if (type !== 'application/json')
    throw new HttpError(415, `content-type: expected application/json, got ${type || 'none'}`);
  return parseJson(await readBody(request, most), 'body');
}
