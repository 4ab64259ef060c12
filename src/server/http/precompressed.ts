import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler, Response } from 'express';

/** What the build made, best first: extension and name in HTTP. */
const CODINGS = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
] as const;

/**
 * Serves `x.br` or `x.gz` for `x` where the build made one and the browser takes it. Only names found at start are
 * answered, so that no request path reaches the file system.
 * @param setHeaders as for express.static, told the path without the coding's extension
 */
export function precompressed(
  root: string,
  setHeaders: (response: Response, path: string) => void,
): RequestHandler {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const names = new Set(files.map((name) => `/${name.replaceAll('\\', '/')}`));
  return (request, response, next) => {
    const path = request.path === '/' ? '/index.html' : request.path;
    const made = CODINGS.filter(([extension]) => names.has(path + extension));
    if (made.length === 0 || !names.has(path)) return next();
    response.vary('Accept-Encoding');
    const accepted = request.acceptsEncodings(made.map(([, coding]) => coding));
    const best = made.find(([, coding]) => coding === accepted);
    if (!best) return next();
    response.type(extname(path)).set('Content-Encoding', best[1]);
    setHeaders(response, path);
    response.sendFile(path + best[0], { root, cacheControl: false });
  };
}
