import { Router, static as staticFiles } from 'express';
import { pageCaching } from '../http/caching.js';
import { precompressed } from '../http/precompressed.js';

/** The page, its scripts and its WebAssembly. */
export function staticRoutes(root: string): Router {
  const router = Router();
  router.use(precompressed(root, pageCaching));
  router.use(staticFiles(root, { setHeaders: pageCaching, cacheControl: false }));
  return router;
}
