import { Router, type Request, type Response } from 'express';
import { join } from 'node:path';
import { operations } from '../api/operations.js';
import { jobFieldsSchema, type Job } from '../api/schemas.js';
import { parseJson } from '../http/body.js';
import { HttpError, parse } from '../http/errors.js';
import { mount } from '../http/mount.js';
import { sandboxed } from '../http/security.js';
import type { JobQueue } from '../jobs/queue.js';
import { FILES, type JobOrder } from '../jobs/record.js';
import { modelFileOf, receive } from '../jobs/upload.js';
import type { Limits } from '../settings.js';
import { streamEvents } from './job-events.js';
import type { ListDatasets, Recipes } from './recipes.js';

export interface JobRouteOptions {
  /** Absent: this server runs no jobs. */
  jobs?: JobQueue;
  recipes: Recipes;
  datasets: ListDatasets;
  limits: Limits;
}

/** Jobs: upload, watch, cancel, download. */
export function jobRoutes(options: JobRouteOptions): Router {
  const router = Router();
  const queue = (): JobQueue => {
    if (options.jobs) return options.jobs;
    throw new HttpError(
      503,
      'jobs: expected a server with a data folder, got one without; start it with --data',
    );
  };
  const existing = (id: string): Job => queue().get(id) ?? missing(`/api/jobs/${id}`);
  const sendFile = (response: Response, id: string, file: 'model' | 'report'): void => {
    const path = queue().file(id, file) ?? missing(`${file} of job ${id}`);
    response.set('Cache-Control', 'private, no-cache');
    response.sendFile(path, { dotfiles: 'allow', cacheControl: false });
  };

  mount(router, operations.createJob, async ({ request, response }) => {
    const job = await create(queue(), options, request, response);
    response.status(202).location(`/api/jobs/${job.id}`).json(job);
  });
  mount(router, operations.listJobs, ({ response }) => {
    response.set('Cache-Control', 'no-store').json({ jobs: queue().list() });
  });
  mount(router, operations.getJob, ({ response, params }) => {
    response.set('Cache-Control', 'no-store').json(existing(params.id));
  });
  mount(router, operations.cancelJob, async ({ response, params }) => {
    response.json((await queue().cancel(params.id)) ?? missing(`/api/jobs/${params.id}`));
  });
  mount(router, operations.jobEvents, ({ request, response, params }) => {
    existing(params.id);
    streamEvents(queue(), params.id, request, response);
  });
  mount(router, operations.getJobModel, ({ response, params }) => {
    const { name } = existing(params.id);
    response.type('application/octet-stream').attachment(downloadName(name));
    sendFile(response, params.id, 'model');
  });
  mount(router, operations.getJobReport, ({ response, params }) => {
    existing(params.id);
    sandboxed(response);
    sendFile(response.type('html'), params.id, 'report');
  });
  return router;
}

/** A job's name as a file's: without what file systems refuse, and without the source's ending. */
function downloadName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}/\\:*?"<>|]/gu, '_')
    .replace(/^\.+|\.(lop|json|h5|keras|tflite|onnx)$/g, '')
    .trim();
  return `${plain || 'model'}.lop`;
}

function missing(what: string): never {
  throw new HttpError(404, `${what}: not found`);
}

/** A place first, then the files: a full queue costs no upload. */
async function create(
  queue: JobQueue,
  options: JobRouteOptions,
  request: Request,
  response: Response,
): Promise<Job> {
  const reservation = await queue.reserve(request.ip ?? '');
  try {
    const { fields, files } = await receive(request, response, reservation.uploads, options.limits);
    const { name, order } = await orderOf(fields, files, options);
    return await queue.submit(reservation, name, order);
  } catch (error) {
    await queue.release(reservation);
    throw error;
  }
}

/** @throws HttpError 400, 415: all that can be known to be wrong before the model is read */
async function orderOf(
  fields: Record<string, string>,
  files: readonly string[],
  { recipes, datasets }: JobRouteOptions,
): Promise<{ name: string; order: JobOrder }> {
  const given = parse(jobFieldsSchema, fields, 'form');
  const model = modelFileOf(files);
  const recipe = recipeOf(given, recipes);
  const needsData = checked(recipes, recipe);
  const dataset = given.dataset === undefined ? null : await folderOf(given.dataset, datasets);
  if (needsData && dataset === null)
    throw new HttpError(400, 'dataset: expected one of GET /api/datasets, as the recipe needs, got none');
  return { name: given.name ?? model, order: { model: join(FILES.uploads, model), recipe, dataset } };
}

function recipeOf({ recipe, preset }: { recipe?: string; preset?: string }, { presets }: Recipes): object {
  if (recipe !== undefined && preset !== undefined)
    throw new HttpError(400, 'recipe: expected a recipe or a preset, got both');
  if (recipe !== undefined) return parseJson(recipe, 'recipe') as object;
  const found = presets.find(({ id }) => id === preset);
  if (found) return found.recipe;
  const known = presets.map(({ id }) => id).join(', ');
  throw new HttpError(400, `preset: expected one of ${known}, or a recipe, got ${preset ?? 'neither'}`);
}

function checked(recipes: Recipes, recipe: unknown): boolean {
  try {
    return recipes.check(recipe).needsData;
  } catch (error) {
    throw new HttpError(400, (error as Error).message);
  }
}

async function folderOf(name: string, datasets: ListDatasets): Promise<string> {
  const sets = await datasets();
  const found = sets.find((set) => set.name === name);
  if (found) return found.folder;
  throw new HttpError(400, `dataset: expected one of ${sets.map((set) => set.name).join(', ')}, got ${name}`);
}
