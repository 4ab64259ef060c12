import { z } from 'zod';
import { jobStates, type Job, type JobProgress } from '../api/schemas.js';

/** What a job's process leaves in `result.json` as its last act: where that is, the job is done. */
export const jobFiguresSchema = z.object({
  bytes: z.int().min(0),
  denseBytes: z.int().min(0),
  sparsity: z.number().min(0).max(1),
  baseline: z.number().min(0).max(1).nullable(),
  final: z.number().min(0).max(1).nullable(),
  seconds: z.number().min(0),
});

const time = z.iso.datetime().nullable();

/** A job as it is kept in `job.json`. */
export const jobRecordSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[\w-]{16}$/),
  name: z.string().max(100),
  state: z.enum(jobStates),
  created: z.iso.datetime(),
  started: time,
  ended: time,
  error: z.string().nullable(),
  result: jobFiguresSchema.nullable(),
});

export type JobFigures = z.output<typeof jobFiguresSchema>;
export type JobRecord = z.output<typeof jobRecordSchema>;

/** What a job's process is told, in `order.json` in its folder. Paths are relative to the folder, but for `dataset`. */
export interface JobOrder {
  model: string;
  recipe: object;
  /** Folder of a data set; null: the model is written as it is. */
  dataset: string | null;
}

/** Names of what lies in a job's folder. */
export const FILES = {
  record: 'job.json',
  order: 'order.json',
  result: 'result.json',
  uploads: 'upload',
  model: 'model.lop',
  report: 'report.html',
} as const;

/** What a job's process says while it works. */
export const jobMessageSchema = z.union([
  z.object({
    type: z.literal('progress'),
    phase: z.string().max(100),
    done: z.number().min(0),
    total: z.number().min(0),
    message: z.string().max(500).nullable(),
  }),
  z.object({ type: z.literal('failed'), error: z.string().max(10_000) }),
]);

export type JobMessage = z.output<typeof jobMessageSchema>;

export const hasEnded = ({ state }: Pick<Job, 'state'>): boolean => state !== 'queued' && state !== 'running';

/** The job as the API shows it. @param queue place in the queue, from 1 */
export function jobOf(record: JobRecord, queue: number | null, progress: JobProgress | null): Job {
  const { version: _, result, ...rest } = record;
  const base = `/api/jobs/${record.id}`;
  return {
    ...rest,
    queue,
    progress,
    result: result && { model: `${base}/${FILES.model}`, report: `${base}/${FILES.report}`, ...result },
  };
}
