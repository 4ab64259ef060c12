/** Every endpoint, driven from the document that the server gives: what it does not describe fails here, and so does what it describes wrongly. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { join } from 'node:path';
import t from 'tap';
import { JobQueue } from '../../src/server/jobs/queue.js';
import { MeasurementStore } from '../../src/server/lab/store.js';
import type { Listening } from '../../src/server/listen.js';
import { f32, FOLDERS, makeModel, serve } from './fixtures.js';
import { act, datasets, ended, FAKE, form, recipes, until } from './jobs/helpers.js';

interface Described {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
}

interface Example {
  status: number;
  params?: Record<string, string>;
  query?: string;
  body?: BodyInit;
  headers?: Record<string, string>;
  /** `bare`: a server without a data folder; `tight`: one whose rates are over at once. */
  at?: 'full' | 'bare' | 'tight';
}

const root = t.testdir({ ...FOLDERS, jobs: {} });
makeModel(join(root, 'models'), 'tiny');
const servers = {} as Record<NonNullable<Example['at']>, Listening>;
let queue: JobQueue;
/** Takes no job. */
let full: JobQueue;
let store: MeasurementStore;
let job: { done: string; failed: string };
let document: Document;

t.before(async () => {
  queue = await JobQueue.open({ folder: join(root, 'jobs'), program: FAKE, limits: { jobsPerClient: 50 } });
  store = new MeasurementStore(join(root, 'lab.sqlite'));
  const all = { jobs: queue, recipes, datasets, measurements: store };
  servers.full = await serve(root, { ...all, limits: { uploadMb: 1 } });
  servers.bare = await serve(root);
  const none = { inferPerMinute: 1, measurementsPerMinute: 1 };
  full = await JobQueue.open({ folder: join(root, 'none'), program: FAKE, limits: { jobsQueued: 0 } });
  servers.tight = await serve(root, { ...all, jobs: full, limits: none });
  const submit = async (name: string): Promise<string> => {
    const sent = { method: 'POST', body: form(act(name)) };
    const { id } = (await (await fetch(new URL('api/jobs', servers.full.url), sent)).json()) as {
      id: string;
    };
    await until(queue, id, ended);
    return id;
  };
  job = { done: await submit('finish'), failed: await submit('fail') };
  document = (await (await fetch(new URL('api/openapi.json', servers.full.url))).json()) as Document;
});
t.after(async () => {
  for (const server of Object.values(servers)) await server.close();
  await queue.close();
  await full.close();
  store.close();
});

const BYTES = { 'content-type': 'application/octet-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const NO_JOB = { id: '0123456789abcdef' };
const measurement = JSON.stringify({
  device: { userAgent: 'x', cores: 1, memoryGb: null, platform: 'x', mobile: false },
  results: [
    {
      model: 'tiny',
      version: 'model',
      runtime: 'lopper',
      threads: 1,
      median_ms: 1,
      p95_ms: 1,
      min_ms: 1,
      runs: 1,
      bytes: 1,
    },
  ],
});

/** For each operation, a request that leads to each of its answers. */
const examples = (): Record<string, Example[]> => {
  const done = { id: job.done };
  const input = { query: '?model=tiny', headers: BYTES };
  const ofJob = (params = done): Example[] => [
    { status: 200, params },
    { status: 404, params: NO_JOB },
    { status: 503, params, at: 'bare' },
  ];
  const ofLab = (): Example[] => [
    { status: 200 },
    { status: 200, query: '?model=tiny&runtime=lopper' },
    { status: 400, query: '?runtime=none' },
    { status: 503, at: 'bare' },
  ];
  return {
    listModels: [{ status: 200 }],
    getVersion: [
      { status: 200, params: { name: 'tiny', file: 'model.lop' } },
      { status: 404, params: { name: 'tiny', file: 'other.lop' } },
    ],
    getDense: [
      { status: 200, params: { name: 'tiny', file: 'model.json' } },
      { status: 200, params: { name: 'tiny', file: 'weights.bin' } },
      { status: 404, params: { name: 'tiny', file: 'other.bin' } },
    ],
    infer: [
      { status: 200, ...input, body: f32(1, 2, 3, 4) },
      { status: 200, headers: JSON_TYPE, body: JSON.stringify({ model: 'tiny', input: [1, 2, 3, 4] }) },
      { status: 400, ...input, body: f32(1, 2, 3) },
      { status: 404, query: '?model=none', headers: BYTES, body: f32(1) },
      { status: 413, ...input, body: new Uint8Array(100) },
      { status: 415, query: '?model=tiny', headers: { 'content-type': 'text/plain' }, body: 'x' },
      { status: 200, ...input, body: f32(1, 2, 3, 4), at: 'tight' },
      { status: 429, ...input, body: f32(1, 2, 3, 4), at: 'tight' },
      { status: 500, query: '?model=broken', headers: BYTES, body: f32(1) },
    ],
    listRecipes: [{ status: 200 }, { status: 200, at: 'bare' }],
    listDatasets: [{ status: 200 }, { status: 200, at: 'bare' }],
    createJob: [
      { status: 202, body: form({ preset: 'finish' }) },
      { status: 400, body: form({ preset: 'none' }) },
      { status: 413, body: form({ preset: 'finish' }, { 'a.onnx': 'x'.repeat(2 ** 20 + 1) }) },
      { status: 415, body: form({ preset: 'finish' }, { 'a.txt': 'x' }) },
      { status: 429, body: form({ preset: 'finish' }), at: 'tight' },
      { status: 503, body: form({ preset: 'finish' }), at: 'bare' },
    ],
    listJobs: [{ status: 200 }, { status: 503, at: 'bare' }],
    getJob: [...ofJob(), ...ofJob({ id: job.failed })],
    cancelJob: ofJob(),
    jobEvents: ofJob(),
    getJobModel: [...ofJob(), { status: 404, params: { id: job.failed } }],
    getJobReport: [...ofJob(), { status: 404, params: { id: job.failed } }],
    addMeasurement: [
      { status: 201, headers: JSON_TYPE, body: measurement },
      { status: 400, headers: JSON_TYPE, body: '{}' },
      { status: 413, headers: JSON_TYPE, body: ' '.repeat(300_000) },
      { status: 415, headers: { 'content-type': 'text/plain' }, body: measurement },
      { status: 201, headers: JSON_TYPE, body: measurement, at: 'tight' },
      { status: 429, headers: JSON_TYPE, body: measurement, at: 'tight' },
      { status: 503, headers: JSON_TYPE, body: measurement, at: 'bare' },
    ],
    listMeasurements: ofLab(),
    exportCsv: ofLab(),
    exportJson: ofLab(),
    openapi: [{ status: 200 }],
    health: [{ status: 200 }],
    ready: [{ status: 200 }],
    metrics: [{ status: 200 }],
  };
};

/** Answers that need a state of their own, with the test that has them. */
const ELSEWHERE = new Set([
  'jobEvents 204',
  'jobEvents 429',
  'ready 503',
  'createJob 507',
  'addMeasurement 507',
]);

const pointer = (...keys: string[]): string =>
  `#/${keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

t.test('the document is OpenAPI 3.1', async (t) => {
  t.equal(document.openapi, '3.1.0');
  const result = await new Validator().validate(
    structuredClone(document) as object as Record<string, unknown>,
  );
  t.ok(result.valid, JSON.stringify(result.errors));
});

t.test('each operation answers as the document says', async (t) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as typeof formats.default)(ajv);
  ajv.addSchema(document, 'api');
  const known = examples();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  );
  t.same(
    operations.map(({ described }) => described.operationId).sort(),
    Object.keys(known).sort(),
    'each has an example',
  );
  for (const { path, method, described } of operations) {
    const { operationId: id, parameters, responses } = described;
    const covered = new Set(known[id].map(({ status }) => String(status)));
    for (const status of Object.keys(responses))
      t.ok(covered.has(status) || ELSEWHERE.has(`${id} ${status}`), `${id}: an example of ${status}`);
    for (const { status, params = {}, query = '', body, headers, at = 'full' } of known[id]) {
      const names = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      t.same(Object.keys(params).sort(), names.sort(), `${id}: its path’s parameters`);
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name]);
      const response = await fetch(new URL(filled + query, servers[at].url), {
        method: method.toUpperCase(),
        body,
        headers,
      });
      const text = await response.text();
      if (!t.equal(response.status, status, `${id} ${query} at ${at}: ${text.slice(0, 200)}`)) continue;
      const type = (response.headers.get('content-type') ?? '').split(';')[0];
      const content = responses[status].content!;
      const described = content[type] ? type : '*/*';
      if (!t.ok(content[described], `${id} ${status}: ${type} is described`)) continue;
      if (!content[described].schema) continue;
      const keys = ['paths', path, method, 'responses', String(status), 'content', described, 'schema'];
      const validate = ajv.getSchema(`api${pointer(...keys)}`)!;
      t.ok(validate(JSON.parse(text)), `${id} ${status}: ${JSON.stringify(validate.errors)}`);
    }
  }
});

t.test('what the document allows is taken, and what it forbids is not', async (t) => {
  const ajv = new Ajv2020({ strict: false });
  (formats as unknown as typeof formats.default)(ajv);
  ajv.addSchema(document, 'api');
  const validate = ajv.getSchema('api#/components/schemas/MeasurementRequest')!;
  const good = JSON.parse(measurement) as { device: object; results: object[] };
  const bodies: unknown[] = [
    good,
    { ...good, more: 1 },
    { ...good, results: [] },
    { ...good, device: { ...good.device, cores: 0 } },
    { ...good, device: { ...good.device, name: 'phone' } },
    { ...good, results: [{ ...good.results[0], runtime: 'other' }] },
    [],
    null,
  ];
  for (const body of bodies) {
    const sent = { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) };
    const { status } = await fetch(new URL('api/measurements', servers.full.url), sent);
    t.equal(status, validate(body) ? 201 : 400, JSON.stringify(body)?.slice(0, 100));
  }
});

t.end();
