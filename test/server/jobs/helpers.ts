import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Job } from '../../../src/server/api/schemas.js';
import type { JobQueue } from '../../../src/server/jobs/queue.js';
import type { Recipes } from '../../../src/server/routes/recipes.js';

export const FAKE = fileURLToPath(new URL('./fake-job.mjs', import.meta.url));

/** Takes any recipe but one that says that it is wrong. */
export const recipes: Recipes = {
  presets: [
    { id: 'finish', title: 'Finish', description: 'At once.', needsData: false, recipe: { act: 'finish' } },
    {
      id: 'data',
      title: 'With data',
      description: 'At once.',
      needsData: true,
      recipe: { act: 'finish', data: true },
    },
  ],
  schema: { type: 'object' },
  check: (recipe) => {
    const { act, data } = recipe as { act?: string; data?: boolean };
    if (act === undefined) throw new Error(`recipe.act: expected an act, got ${JSON.stringify(recipe)}`);
    return { needsData: data === true };
  },
};

export const datasets = async () => [
  { name: 'points', title: 'Points', samples: 4, classes: 2, inputShape: [4], folder: '/data/points' },
];

/** A form with one file, or these. */
export function form(
  fields: Record<string, string>,
  files: Record<string, string> = { 'a.onnx': 'model' },
): FormData {
  const data = new FormData();
  for (const [name, text] of Object.entries(fields)) data.append(name, text);
  for (const [name, text] of Object.entries(files)) data.append('model', new Blob([text]), name);
  return data;
}

export const act = (name: string, more: object = {}): Record<string, string> => ({
  recipe: JSON.stringify({ act: name, ...more }),
});

/** @throws where the job does not come to be so within a minute */
export async function until(queue: JobQueue, id: string, is: (job: Job) => boolean): Promise<Job> {
  for (let i = 0; i < 3000; i++) {
    const job = queue.get(id)!;
    if (is(job)) return job;
    await sleep(20);
  }
  throw new Error(`job ${id}: ${JSON.stringify(queue.get(id))}`);
}

export const ended = ({ state }: Job): boolean => !['queued', 'running'].includes(state);

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !isZombie(pid);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !existsSync(`/proc/${pid}/exe`);
}
