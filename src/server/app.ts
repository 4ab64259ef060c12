import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { fileURLToPath } from 'node:url';
import { listModels } from './models.js';
import { precompressed } from './precompressed.js';

export interface AppOptions {
  /** Folder of models: `<name>/model.lop` beside `<name>/dense/model.json`. */
  models: string;
  /** The built page; the one beside this file where absent. */
  publicDir?: string;
}

/** No route reads a body, so none may be long. */
const BODY_LIMIT = 1024;

/** WebAssembly may compile, and nothing comes from elsewhere. HSTS and upgrades would break plain http on a LAN. */
const security = helmet({
  contentSecurityPolicy: {
    directives: {
      'script-src': ["'self'", "'wasm-unsafe-eval'"],
      'style-src': ["'self'"],
      'font-src': ["'self'"],
      'upgrade-insecure-requests': null,
    },
  },
  strictTransportSecurity: false,
});

const limitBody: RequestHandler = (request, response, next) => {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length <= BODY_LIMIT && !request.headers['transfer-encoding']) return next();
  response.status(413).set('Connection', 'close');
  response.json({
    error: `body: expected at most ${BODY_LIMIT} bytes of known length, got ${length || 'a stream'}`,
  });
};

const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  response.status(405).set('Allow', 'GET, HEAD');
  response.json({ error: `method: expected GET or HEAD, got ${request.method}` });
};

const notFound: RequestHandler = (request, response) => {
  response.status(404).json({ error: `${request.path}: not found` });
};

/** What went wrong in a request of ours is told; what went wrong in here is logged. */
const failure: ErrorRequestHandler = (error: Error & { status?: number }, request, response, next) => {
  if (response.headersSent) return next(error);
  const status = error.status ?? 500;
  if (status >= 500) process.stderr.write(`${request.method} ${request.path}: ${error.stack}\n`);
  const told =
    status === 404 ? `${request.path}: not found` : status < 500 ? error.message : 'the server failed';
  response.status(status).json({ error: told });
};

function modelRoutes(models: string): express.Router {
  const router = express.Router();
  const files = { root: models, dotfiles: 'deny', etag: true } as const;
  router.get('/api/models', async (_request, response) => {
    response.json({ models: await listModels(models) });
  });
  router.get('/models/:name/model.lop', (request, response) => {
    response.type('application/octet-stream').sendFile(`${request.params.name}/model.lop`, files);
  });
  router.get('/models/:name/dense/:file', (request, response) => {
    response.sendFile(`${request.params.name}/dense/${request.params.file}`, files);
  });
  return router;
}

/** The Express app: the page, its WebAssembly, and the models. It listens nowhere; see `listen.ts`. */
export function createApp({ models, publicDir }: AppOptions): Express {
  const root = publicDir ?? fileURLToPath(new URL('./public/', import.meta.url));
  const app = express();
  app.use(security, limitBody, readOnly, modelRoutes(models), precompressed(root), express.static(root));
  app.use(notFound, failure);
  return app;
}
