/** The whole server: what the pipeline tells of recipes, data sets and ONNX is handed to the app here. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../server/app.js';
import { createLogger } from '../../server/http/log.js';
import { JobQueue } from '../../server/jobs/queue.js';
import { MeasurementStore } from '../../server/lab/store.js';
import { listen, type Listening } from '../../server/listen.js';
import { Readiness, type Limits } from '../../server/settings.js';
import { datasetsIn } from './datasets.js';
import { lockFolder } from './lock.js';
import { denseOnnx } from './onnx.js';
import { recipes } from './recipes.js';

export interface ServerOptions {
  port: number;
  host: string;
  /** Folder of models. */
  models: string;
  /** Where jobs and measurements are kept; made where it is not there. */
  data: string;
  limits?: Partial<Limits>;
  /** Proxies in front that may say who the client is. */
  proxies?: number;
  /** trace, debug, info, warn, error or silent. */
  logLevel?: string;
  /** The built page, where it is not beside the server. */
  publicDir?: string;
}

/** Requests under way may take so long when the server stops, in ms. */
const GRACE_MS = 5000;

const BUNDLED_DATA = fileURLToPath(new URL('../../../models/data/', import.meta.url));
/** Beside this folder, or where `npm run build` puts it, for whoever runs the sources. */
const JOB = ['../job.js', '../../../dist/cli/job.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path))!;

const PAGE = fileURLToPath(new URL('../../server/public/', import.meta.url));

/** The package ships the page without onnxruntime-web, 14 MB of WebAssembly: then nobody asks for ONNX. */
const lacksOrt = (page: string): boolean => existsSync(page) && !existsSync(join(page, 'ort'));

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** Opens the data folder and serves; `close` stops both, and loses no job that has ended. */
export async function openServer(options: ServerOptions): Promise<Listening> {
  const { models, data, limits, proxies, publicDir, logLevel = 'warn' } = options;
  await mkdir(data, { recursive: true });
  const unlock = await lockFolder(data);
  const log = createLogger(logLevel);
  const readiness = new Readiness();
  const jobs = await JobQueue.open({ folder: join(data, 'jobs'), program: JOB, limits, log });
  const measurements = new MeasurementStore(join(data, 'measurements.sqlite'), limits?.measurementsKept);
  const datasets = datasetsIn([process.env.LOPPER_DATA, BUNDLED_DATA].filter((place) => place !== undefined));
  const app = createApp({
    models,
    publicDir,
    makeOnnx: lacksOrt(publicDir ?? PAGE) ? undefined : denseOnnx,
    recipes,
    datasets,
    jobs,
    measurements,
    limits,
    log,
    readiness,
    proxies,
    version,
  });
  const stop = async (): Promise<void> => {
    await jobs.close();
    measurements.close();
    await unlock();
  };
  try {
    const server = await listen(app, { ...options, grace: GRACE_MS });
    const close = async (): Promise<void> => {
      readiness.stopping();
      await Promise.all([server.close(), jobs.close()]);
      await stop();
    };
    return { ...server, close };
  } catch (error) {
    await stop();
    throw error;
  }
}
