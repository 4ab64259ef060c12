/** What the server says of recipes, data sets and jobs. */
import { ask } from '../api.js';

export type Recipe = Record<string, unknown>;

export interface Preset {
  id: string;
  title: string;
  description: string;
  needsData: boolean;
  recipe: Recipe;
}

export interface Dataset {
  name: string;
  title: string;
  samples: number;
  classes: number;
  inputShape: number[];
}

export interface Job {
  id: string;
  name: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  created: string;
  started: string | null;
  ended: string | null;
  queue: number | null;
  progress: { phase: string; done: number; total: number; message: string | null } | null;
  error: string | null;
  result: {
    model: string;
    report: string;
    bytes: number;
    denseBytes: number;
    sparsity: number;
    baseline: number | null;
    final: number | null;
    seconds: number;
  } | null;
}

export const hasEnded = ({ state }: Job): boolean => !['queued', 'running'].includes(state);

export const listRecipes = () => ask<{ presets: Preset[]; schema: object }>('/api/recipes');
export const listDatasets = async () => (await ask<{ datasets: Dataset[] }>('/api/datasets')).datasets;
export const listJobs = async () => (await ask<{ jobs: Job[] }>('/api/jobs')).jobs;

export function cancelJob(id: string): Promise<Job> {
  return ask(`/api/jobs/${id}`, { method: 'DELETE' });
}

export function createJob(
  files: readonly File[],
  fields: { recipe: string; dataset: string; name: string },
): Promise<Job> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  for (const file of files) form.append('model', file, file.name);
  return ask('/api/jobs', { method: 'POST', body: form });
}

/** Hears of a job until it ends; returns what stops listening. */
export function followJob(id: string, onJob: (job: Job) => void): () => void {
  const events = new EventSource(`/api/jobs/${id}/events`);
  const hear = ({ data }: MessageEvent<string>): void => {
    const job = JSON.parse(data) as Job;
    if (hasEnded(job)) events.close();
    onJob(job);
  };
  events.addEventListener('progress', hear);
  events.addEventListener('state', hear);
  return () => events.close();
}
