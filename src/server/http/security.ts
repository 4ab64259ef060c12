import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { HttpError } from './errors.js';

/** Cross-origin isolation: without these two a page has no shared memory, so no threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/**
 * WebAssembly may compile, and nothing comes from elsewhere. `blob:` is for the workers of onnxruntime-web and for
 * pictures that a visitor pastes. HSTS and upgrades would break plain http on a LAN.
 */
export const security = helmet({
  contentSecurityPolicy: {
    directives: {
      'script-src': ["'self'", "'wasm-unsafe-eval'"],
      'worker-src': ["'self'", 'blob:'],
      'connect-src': ["'self'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      'media-src': ["'self'", 'blob:'],
      'style-src': ["'self'"],
      'font-src': ["'self'"],
      'frame-src': ["'self'"],
      'upgrade-insecure-requests': null,
    },
  },
  crossOriginEmbedderPolicy: { policy: 'require-corp' },
  strictTransportSecurity: false,
});

/** The camera is for this page alone. */
export const permissions: RequestHandler = (_request, response, next) => {
  response.set('Permissions-Policy', 'camera=(self), microphone=(), geolocation=()');
  next();
};

/** A report is a page without scripts, made from an upload: whatever it holds, it runs nothing and sends nothing. */
export function sandboxed(response: Response): void {
  response.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox",
  );
}

/** A form on another site may not start or cancel jobs in a visitor's name. */
export const sameSite: RequestHandler = (request, _response, next) => {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (!safe && request.headers['sec-fetch-site'] === 'cross-site')
    throw new HttpError(
      403,
      'origin: expected a request of this site, got one of another; open the page itself',
    );
  next();
};

const BODY_LIMIT = 1024;

/** Requests without a use for a body may not have a long one. */
export const limitBody: RequestHandler = (request, _response, next) => {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const length = Number(request.headers['content-length'] ?? 0);
  if (!safe || (length <= BODY_LIMIT && !request.headers['transfer-encoding'])) return next();
  const got = length || 'a stream';
  throw new HttpError(413, `body: expected at most ${BODY_LIMIT} bytes of known length, got ${got}`);
};
