import type { Response } from 'express';

/** For ever, as far as HTTP can say it: a year. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Kept, but asked about each time: an ETag makes the answer 304. */
const ASK = 'no-cache';

/** esbuild's `[name]-[hash]`. */
const HASHED = /-[0-9A-Z]{8}\.\w+$/;

/** What the build named by its content, or what the page asks for by version, never changes under that address. */
export function pageCaching(response: Response, path: string): void {
  const versioned = HASHED.test(path) || 'v' in response.req.query;
  response.set('Cache-Control', versioned ? FOR_EVER : ASK);
}

/** A file of the models folder may be replaced: only an address with the hash of what is sent may be kept. */
export function contentCaching(response: Response, hash: string): void {
  response.set({ ETag: `"${hash}"`, 'Cache-Control': response.req.query['v'] === hash ? FOR_EVER : ASK });
}
