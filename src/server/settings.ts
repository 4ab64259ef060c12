/** Limits of the server; each is an option of `lopper serve` or an environment variable (docs/server.md). */
export interface Limits {
  /** Jobs that run at once, at least 1. */
  jobsRunning: number;
  /** Jobs that wait. */
  jobsQueued: number;
  /** Jobs of one client that run or wait. */
  jobsPerClient: number;
  /** Of a job's process, in MB: its JavaScript heap may have half of it. */
  jobMemoryMb: number;
  /** How long a job may run. */
  jobSeconds: number;
  /** How long an ended job is kept. */
  jobKeepHours: number;
  /** Ended jobs that are kept; the oldest go. */
  jobsKept: number;
  /** Of all files of one upload, in MB. */
  uploadMb: number;
  /** Files of one upload: a model.json and its shards. */
  uploadFiles: number;
  /** Requests of one client a minute to `/api/infer`; 0 for no limit. */
  inferPerMinute: number;
  /** To all else under `/api`. */
  apiPerMinute: number;
  /** Measurements that one client may send a minute. */
  measurementsPerMinute: number;
  /** Measurements that are kept; the oldest go. */
  measurementsKept: number;
}

export const DEFAULT_LIMITS: Limits = {
  jobsRunning: 1,
  jobsQueued: 16,
  jobsPerClient: 4,
  jobMemoryMb: 2048,
  jobSeconds: 1800,
  jobKeepHours: 24,
  jobsKept: 200,
  uploadMb: 256,
  uploadFiles: 64,
  inferPerMinute: 1_200_000,
  apiPerMinute: 1200,
  measurementsPerMinute: 30,
  measurementsKept: 20_000,
};

/** What `/readyz` says. */
export class Readiness {
  state: 'starting' | 'ok' | 'stopping' = 'starting';

  /** Models are read. */
  started(): void {
    if (this.state === 'starting') this.state = 'ok';
  }

  stopping(): void {
    this.state = 'stopping';
  }
}
