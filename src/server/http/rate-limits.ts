import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.js';

/** At most `limit` requests a minute of one client (an IPv6 network of 56 bits counts as one); 0: as many as come. */
export function perMinute(limit: number): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // it would print advice where a client makes up X-Forwarded-For, which we do not read then
    validate: false,
    handler: (_request, response) => {
      response.status(429).json({
        error: told(limit),
      });
    },
  });
}

const told = (limit: number): string =>
  `rate: expected at most ${limit} requests a minute, got more; wait a minute`;

const MINUTE_MS = 60_000;

/** The same for requests that Express does not see: counts clients for a minute, then forgets all. */
export class RateWindow {
  readonly #counts = new Map<string, number>();
  #ends = 0;

  /** @param proxies in front whose X-Forwarded-For counts */
  constructor(
    private readonly limit: number,
    private readonly proxies: number,
  ) {}

  /** @throws HttpError 429 */
  count(request: IncomingMessage): void {
    if (this.limit === 0) return;
    const now = Date.now();
    if (now >= this.#ends) {
      this.#counts.clear();
      this.#ends = now + MINUTE_MS;
    }
    const client = this.#clientOf(request);
    const count = (this.#counts.get(client) ?? 0) + 1;
    this.#counts.set(client, count);
    if (count <= this.limit) return;
    throw new HttpError(429, told(this.limit), {
      'Retry-After': String(Math.ceil((this.#ends - now) / 1000)),
    });
  }

  #clientOf({ socket, headers }: IncomingMessage): string {
    const address = socket.remoteAddress ?? '';
    if (this.proxies === 0) return address;
    return [headers['x-forwarded-for'] ?? []].flat().join().split(',').at(-this.proxies)?.trim() || address;
  }
}
