/** Every endpoint: what it takes and what it answers. Routes are mounted, and the OpenAPI document is made, from this table. */
import { z } from 'zod';
import * as schemas from './schemas.js';

/** What a body or a response holds: JSON of a schema, or text or bytes of a media type. */
export type Content = { json: z.ZodType } | { type: string };

export interface Operation {
  id: string;
  method: 'get' | 'post' | 'delete';
  /** OpenAPI's form: `/api/jobs/{id}`. */
  path: string;
  summary: string;
  tag: 'models' | 'recipes' | 'jobs' | 'measurements' | 'service';
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** By media type. */
  body?: Record<string, Content>;
  /** By status: what it means, and what comes. */
  responses: Record<number, { means: string; content?: Content }>;
}

const file = (type: string): Content => ({ type });
const json = (schema: z.ZodType): Content => ({ json: schema });
const failure = (means: string): { means: string; content: Content } => ({
  means,
  content: json(schemas.failureSchema),
});
const jobId = schemas.jobIdSchema;
const nameParam = z.object({ name: schemas.nameSchema });
const LOP = 'application/octet-stream';

const noJobs = failure('this server runs no jobs');
const noSuchJob = failure('no such job');
const noRoom = failure('no room on the disk of the server');
const tooMany = failure('too many requests or jobs; Retry-After says when to come back');

export const operations = {
  listModels: {
    id: 'listModels',
    method: 'get',
    path: '/api/models',
    summary: 'The models that this server shows, and those it cannot read',
    tag: 'models',
    responses: { 200: { means: 'all models', content: json(schemas.modelListSchema) } },
  },
  getVersion: {
    id: 'getVersion',
    method: 'get',
    path: '/models/{name}/{file}',
    summary: 'A compressed version (<id>.lop), its report (<id>.html), or the dense original (dense.onnx)',
    tag: 'models',
    params: nameParam.extend({ file: schemas.nameSchema }),
    responses: { 200: { means: 'the file', content: file('*/*') }, 404: failure('no such file') },
  },
  getDense: {
    id: 'getDense',
    method: 'get',
    path: '/models/{name}/dense/{file}',
    summary: 'A file of the dense original, a TensorFlow.js layers-model',
    tag: 'models',
    params: nameParam.extend({ file: schemas.nameSchema }),
    responses: { 200: { means: 'the file', content: file('*/*') }, 404: failure('no such file') },
  },
  infer: {
    id: 'infer',
    method: 'post',
    path: '/api/infer',
    summary:
      "One inference. The query names the model for a body of bytes: f32, little-endian, network input; or a byte a value, 0..255, which the model's preprocessing scales",
    tag: 'models',
    query: schemas.inferQuerySchema.partial(),
    body: { 'application/octet-stream': file(LOP), 'application/json': json(schemas.inferRequestSchema) },
    responses: {
      200: { means: 'the outputs', content: json(schemas.inferReplySchema) },
      400: failure('a body that does not fit the model'),
      404: failure('no such model or version'),
      413: failure('a body longer than the model takes'),
      415: failure('neither bytes nor JSON'),
      429: tooMany,
      500: failure('a model whose file is broken'),
    },
  },
  listRecipes: {
    id: 'listRecipes',
    method: 'get',
    path: '/api/recipes',
    summary: 'Presets, and the schema of a recipe',
    tag: 'recipes',
    responses: { 200: { means: 'both', content: json(schemas.recipeListSchema) } },
  },
  listDatasets: {
    id: 'listDatasets',
    method: 'get',
    path: '/api/datasets',
    summary: 'Data sets that a job may use',
    tag: 'recipes',
    responses: { 200: { means: 'all sets', content: json(schemas.datasetListSchema) } },
  },
  createJob: {
    id: 'createJob',
    method: 'post',
    path: '/api/jobs',
    summary: 'Compresses a model as a recipe or a preset says',
    tag: 'jobs',
    body: { 'multipart/form-data': json(schemas.jobRequestSchema) },
    responses: {
      202: { means: 'queued or running', content: json(schemas.jobSchema) },
      400: failure('a recipe, a field or a data set that is wrong'),
      413: failure('too many or too large files'),
      415: failure('no model of a known type'),
      429: tooMany,
      503: noJobs,
      507: noRoom,
    },
  },
  listJobs: {
    id: 'listJobs',
    method: 'get',
    path: '/api/jobs',
    summary: 'All jobs that are still kept, latest first',
    tag: 'jobs',
    responses: { 200: { means: 'all jobs', content: json(schemas.jobListSchema) }, 503: noJobs },
  },
  getJob: {
    id: 'getJob',
    method: 'get',
    path: '/api/jobs/{id}',
    summary: 'One job',
    tag: 'jobs',
    params: jobId,
    responses: {
      200: { means: 'the job', content: json(schemas.jobSchema) },
      404: noSuchJob,
      503: noJobs,
    },
  },
  cancelJob: {
    id: 'cancelJob',
    method: 'delete',
    path: '/api/jobs/{id}',
    summary: 'Cancels a job; kills its process where it runs. One that has ended stays as it is',
    tag: 'jobs',
    params: jobId,
    responses: {
      200: { means: 'the job', content: json(schemas.jobSchema) },
      404: noSuchJob,
      503: noJobs,
    },
  },
  jobEvents: {
    id: 'jobEvents',
    method: 'get',
    path: '/api/jobs/{id}/events',
    summary: 'Server-sent events `progress` and `state`, each with the whole job; ends with the job',
    tag: 'jobs',
    params: jobId,
    responses: {
      200: { means: 'a stream of events', content: file('text/event-stream') },
      204: { means: 'the job has ended, and Last-Event-ID says that the client knows' },
      404: noSuchJob,
      429: failure('too many streams are open'),
      503: noJobs,
    },
  },
  getJobModel: {
    id: 'getJobModel',
    method: 'get',
    path: '/api/jobs/{id}/model.lop',
    summary: 'The compressed file of a job that is done',
    tag: 'jobs',
    params: jobId,
    responses: {
      200: { means: 'the file', content: file(LOP) },
      404: failure('no such job, or it has no result'),
      503: noJobs,
    },
  },
  getJobReport: {
    id: 'getJobReport',
    method: 'get',
    path: '/api/jobs/{id}/report.html',
    summary: 'The report of a job that is done',
    tag: 'jobs',
    params: jobId,
    responses: {
      200: { means: 'a page without scripts', content: file('text/html') },
      404: failure('no such job, or it has no result'),
      503: noJobs,
    },
  },
  addMeasurement: {
    id: 'addMeasurement',
    method: 'post',
    path: '/api/measurements',
    summary: 'Keeps what a device measured',
    tag: 'measurements',
    body: { 'application/json': json(schemas.measurementRequestSchema) },
    responses: {
      201: { means: 'kept', content: json(schemas.measurementIdSchema) },
      400: failure('figures that cannot be'),
      413: failure('a body that is too long'),
      415: failure('not JSON'),
      429: tooMany,
      503: failure('this server keeps no measurements'),
      507: noRoom,
    },
  },
  listMeasurements: {
    id: 'listMeasurements',
    method: 'get',
    path: '/api/measurements',
    summary: 'What devices measured',
    tag: 'measurements',
    query: schemas.measurementQuerySchema,
    responses: {
      200: {
        means: 'measurements with their matching results',
        content: json(schemas.measurementListSchema),
      },
      400: failure('a query that is wrong'),
      503: failure('this server keeps no measurements'),
    },
  },
  exportCsv: {
    id: 'exportCsv',
    method: 'get',
    path: '/api/measurements.csv',
    summary: 'The same as a download, a row a result',
    tag: 'measurements',
    query: schemas.measurementQuerySchema,
    responses: {
      200: { means: 'the table', content: file('text/csv') },
      400: failure('a query that is wrong'),
      503: failure('this server keeps no measurements'),
    },
  },
  exportJson: {
    id: 'exportJson',
    method: 'get',
    path: '/api/measurements.json',
    summary: 'The same as a download',
    tag: 'measurements',
    query: schemas.measurementQuerySchema,
    responses: {
      200: { means: 'the measurements', content: json(schemas.measurementListSchema) },
      400: failure('a query that is wrong'),
      503: failure('this server keeps no measurements'),
    },
  },
  openapi: {
    id: 'openapi',
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    tag: 'service',
    responses: { 200: { means: 'OpenAPI 3.1', content: json(z.record(z.string(), z.unknown())) } },
  },
  health: {
    id: 'health',
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process answers',
    tag: 'service',
    responses: { 200: { means: 'it does', content: json(schemas.healthSchema) } },
  },
  ready: {
    id: 'ready',
    method: 'get',
    path: '/readyz',
    summary: 'Whether to send requests: models are read, and it is not stopping',
    tag: 'service',
    responses: {
      200: { means: 'ready', content: json(schemas.healthSchema) },
      503: { means: 'starting or stopping', content: json(schemas.healthSchema) },
    },
  },
  metrics: {
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    summary: 'Prometheus metrics',
    tag: 'service',
    responses: { 200: { means: 'text format', content: file('text/plain') } },
  },
} as const satisfies Record<string, Operation>;
