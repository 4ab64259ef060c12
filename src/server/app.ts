import compression from 'compression';
import express, { Router, type Express } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { operations, type Operation } from './api/operations.js';
import { failure, notFound, only, readOnly } from './http/errors.js';
import { accessLog, silent, type Logger } from './http/log.js';
import { expressPath } from './http/mount.js';
import { perMinute, RateWindow } from './http/rate-limits.js';
import { limitBody, permissions, sameSite, security } from './http/security.js';
import type { JobQueue } from './jobs/queue.js';
import type { MeasurementStore } from './lab/store.js';
import { Metrics } from './metrics.js';
import { Catalog, type MakeOnnx } from './models/catalog.js';
import { Inference } from './models/inference.js';
import { inferHandler, isInfer } from './routes/infer.js';
import { jobRoutes } from './routes/jobs.js';
import { measurementRoutes } from './routes/measurements.js';
import { modelRoutes } from './routes/models.js';
import { recipeRoutes, type ListDatasets, type Recipes } from './routes/recipes.js';
import { serviceRoutes } from './routes/service.js';
import { staticRoutes } from './routes/static.js';
import { DEFAULT_LIMITS, Readiness, type Limits } from './settings.js';

export interface AppOptions {
  /** Folder of models: `<name>/model.lop` beside `<name>/dense/model.json`. */
  models: string;
  /** The built page; the one beside this file where absent. */
  publicDir?: string;
  /** Makes ONNX of a dense original, for onnxruntime-web; absent: none is offered. */
  makeOnnx?: MakeOnnx;
  /** Absent: no presets. */
  recipes?: Recipes;
  datasets?: ListDatasets;
  /** Closed by whoever opened it. Absent: this server runs no jobs. */
  jobs?: JobQueue;
  /** Closed by whoever opened it. Absent: this server keeps no measurements. */
  measurements?: MeasurementStore;
  limits?: Partial<Limits>;
  /** Says nothing where absent. */
  log?: Logger;
  /** What `/readyz` says; its owner says when it stops. */
  readiness?: Readiness;
  /** Proxies in front whose X-Forwarded-For counts. Default 0. */
  proxies?: number;
  /** Of the package, for the OpenAPI document. */
  version?: string;
}

const NO_RECIPES: Recipes = { presets: [], schema: {}, check: () => ({ needsData: true }) };

/** Whatever a path of the API does not offer is 405. */
function wrongMethods(): Router {
  const router = Router();
  const methods = new Map<string, string[]>();
  for (const { path, method } of Object.values<Operation>(operations))
    methods.set(path, [
      ...(methods.get(path) ?? []),
      ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]),
    ]);
  for (const [path, allowed] of methods) router.all(expressPath(path), only(...allowed));
  return router;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next?: unknown) => unknown;

/** Has some requests answered before Express changes their prototypes and looks for a route. */
function beforeExpress(app: Express, is: (request: IncomingMessage) => boolean, answer: Handler): void {
  const through = app as unknown as { handle: Handler };
  const handle = through.handle.bind(app);
  through.handle = (request, response, next) =>
    is(request) ? answer(request, response) : handle(request, response, next);
}

/** The Express app: the page, its WebAssembly, the models and the API. It listens nowhere; see `listen.ts`. */
export function createApp(options: AppOptions): Express {
  const { models, jobs, recipes = NO_RECIPES, datasets = async () => [], proxies = 0 } = options;
  const { log = silent(), readiness = new Readiness() } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const root = options.publicDir ?? fileURLToPath(new URL('./public/', import.meta.url));
  const catalog = new Catalog(models, options.makeOnnx);
  const metrics = new Metrics();
  if (jobs) metrics.watchJobs(() => jobs.counts());
  const app = express();
  app.disable('x-powered-by').set('trust proxy', proxies).set('query parser', 'simple');

  const infer = inferHandler({
    inference: new Inference(catalog),
    rate: new RateWindow(limits.inferPerMinute, proxies),
    onInference: (model, ms) => metrics.inference(model, ms),
    onAnswer: (status, ms) => metrics.inferRequest(status, ms),
    onFault: (error) => log.error({ err: error }, 'inference failed'),
  });
  beforeExpress(app, isInfer, infer);

  app.use(metrics.time);
  app.use(security, permissions, accessLog(log), sameSite, limitBody);
  app.use(serviceRoutes(metrics, readiness, options.version ?? '0'));
  app.use('/api', perMinute(limits.apiPerMinute));
  app.use(compression());
  app.use(modelRoutes(catalog), recipeRoutes(recipes, datasets));
  app.use(jobRoutes({ jobs, recipes, datasets, limits }));
  app.use(
    measurementRoutes({
      store: options.measurements,
      perMinute: limits.measurementsPerMinute,
      onMeasured: () => metrics.measured(),
    }),
  );
  app.use(wrongMethods(), readOnly, staticRoutes(root));
  app.use(notFound, failure(log));

  catalog.list().then(
    () => readiness.started(),
    (error: unknown) => log.error({ err: error }, `${models}: cannot be read`),
  );
  return app;
}
