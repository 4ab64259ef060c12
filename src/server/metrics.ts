import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { jobStates, type Job } from './api/schemas.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const MILLISECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 100];

/** Prometheus metrics of one app. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #inferences: Histogram<'model'>;
  readonly #measurements: Counter;

  constructor() {
    const registers = [this.registry];
    this.#requests = new Histogram({
      name: 'lopper_http_request_duration_seconds',
      help: 'Time from the headers of a request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.#inferences = new Histogram({
      name: 'lopper_inference_milliseconds',
      help: 'Time of one inference of /api/infer, without HTTP.',
      labelNames: ['model'],
      buckets: MILLISECONDS,
      registers,
    });
    this.#measurements = new Counter({
      name: 'lopper_measurements_total',
      help: 'Measurements that devices sent.',
      registers,
    });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts jobs by state when asked. */
  watchJobs(count: () => Record<Job['state'], number>): Gauge<'state'> {
    return new Gauge({
      name: 'lopper_jobs',
      help: 'Jobs that are kept, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        const counts = count();
        for (const state of jobStates) this.set({ state }, counts[state]);
      },
    });
  }

  inference(model: string, ms: number): void {
    this.#inferences.observe({ model }, ms);
  }

  /** A request that Express did not see. */
  inferRequest(status: number, ms: number): void {
    this.#requests.observe({ method: 'POST', route: '/api/infer', status }, ms / 1000);
  }

  measured(): void {
    this.#measurements.inc();
  }

  /** Times requests by route. Paths that no route has are one label: a client cannot make many. */
  readonly time: RequestHandler = (request, response, next) => {
    const begin = performance.now();
    response.once('finish', () => {
      const route = (request.route as { path?: string } | undefined)?.path;
      const labels = { method: request.method, route: route ?? 'static', status: response.statusCode };
      this.#requests.observe(labels, (performance.now() - begin) / 1000);
    });
    next();
  };
}
