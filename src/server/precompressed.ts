import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';

/**
 * Serves `x.gz` for `x` where the build made one and the browser takes gzip. Only names found at start are
 * answered, so that no request path reaches the file system.
 */
export function precompressed(root: string): RequestHandler {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const paths = new Set(
    names.filter((name) => name.endsWith('.gz')).map((name) => `/${name.replaceAll('\\', '/').slice(0, -3)}`),
  );
  return (request, response, next) => {
    const path = request.path === '/' ? '/index.html' : request.path;
    if (!paths.has(path)) return next();
    response.vary('Accept-Encoding');
    if (!request.acceptsEncodings('gzip')) return next();
    response.type(extname(path)).set('Content-Encoding', 'gzip');
    response.sendFile(`${path}.gz`, { root });
  };
}
