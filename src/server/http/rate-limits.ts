import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';

/** At most `limit` requests a minute of one client (an IPv6 network of 56 bits counts as one); 0: as many as come. */
export function perMinute(limit: number): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => {
      response.status(429).json({
        error: `rate: expected at most ${limit} requests a minute, got more; wait a minute`,
      });
    },
  });
}
