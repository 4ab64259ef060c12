// What good clients ask of the server; each returns undefined, or what is wrong with the answer.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { form } from './client.mjs';

const pixels = gunzipSync(readFileSync('models/data/mnist/t10k-images-idx3-ubyte.gz')).subarray(16);
const digit = (draw) => pixels.subarray(784 * Math.floor(1000 * draw), 784 * (Math.floor(1000 * draw) + 1));
const BYTES = { 'content-type': 'application/octet-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const MODELS = ['mnist-cnn', 'lenet-300-100', 'lenet-5'];

const expect = ({ status }, ...wanted) =>
  wanted.includes(status) ? undefined : `expected ${wanted.join(' or ')}, got ${status}`;

async function infer({ client }, draw) {
  const model = MODELS[Math.floor(draw * 997) % MODELS.length];
  const sent = { method: 'POST', headers: BYTES, body: digit(draw) };
  const answer = await client.send(`/api/infer?model=${model}`, sent);
  if (answer.status !== 200) return expect(answer, 200);
  return JSON.parse(answer.body).top.length > 0 ? undefined : 'expected classes, got none';
}

async function inferJson({ client }, draw) {
  const body = JSON.stringify({ model: 'mnist-cnn', input: Array.from(digit(draw), (value) => value / 255) });
  return expect(await client.send('/api/infer', { method: 'POST', headers: JSON_TYPE, body }), 200);
}

const READS = [
  '/api/models',
  '/api/recipes',
  '/api/datasets',
  '/api/jobs',
  '/api/openapi.json',
  '/healthz',
  '/readyz',
  '/metrics',
];

async function read({ client }, draw) {
  return expect(await client.send(READS[Math.floor(draw * READS.length)]), 200);
}

/** The first answer's ETag is sent with all that follow, as a browser does. */
async function page({ client, assets, etags }, draw) {
  const path = assets[Math.floor(draw * assets.length)];
  const etag = etags.get(path);
  const answer = await client.send(path, { headers: etag ? { 'if-none-match': etag } : {} });
  if (answer.headers.etag) etags.set(path, answer.headers.etag);
  return etag ? expect(answer, 304, 200) : expect(answer, 200);
}

/** Without an ETag: the whole file. */
async function download({ client, files }, draw) {
  const answer = await client.send(files[Math.floor(draw * files.length)]);
  return answer.status === 200 && answer.body.length > 1000 ? undefined : expect(answer, 200);
}

async function measurement({ client }, draw) {
  const device = { userAgent: 'soak', cores: 2, memoryGb: 4, platform: 'soak', mobile: draw < 0.5 };
  const median_ms = 0.01 + draw;
  const result = {
    model: 'mnist-cnn',
    version: 'model',
    runtime: 'lopper',
    threads: 1,
    runs: 50,
    bytes: 10_000,
  };
  const results = [{ ...result, median_ms, p95_ms: 2 * median_ms, min_ms: median_ms / 2 }];
  const body = JSON.stringify({ device, results });
  return expect(await client.send('/api/measurements', { method: 'POST', headers: JSON_TYPE, body }), 201);
}

async function measurements({ client }, draw) {
  const format = draw < 0.5 ? '/api/measurements' : '/api/measurements.csv';
  return expect(await client.send(format), 200, 404);
}

/** A model is converted; half of the jobs are cancelled soon. 429: the queue is full, as its limits say. */
async function job({ client, jobs, model }, draw) {
  const { headers, body } = form({ recipe: '{}', name: 'soak' }, model);
  const answer = await client.send('/api/jobs', { method: 'POST', headers, body });
  if (answer.status !== 202) return expect(answer, 202, 429);
  const { id } = JSON.parse(answer.body);
  jobs.push(id);
  if (draw >= 0.5) return undefined;
  await new Promise((resolve) => setTimeout(resolve, 500 * draw));
  return expect(await client.send(`/api/jobs/${id}`, { method: 'DELETE' }), 200);
}

/** Followed for a moment, then dropped. */
async function events({ client, jobs }, draw) {
  if (jobs.length === 0) return undefined;
  const id = jobs[Math.floor(draw * jobs.length)];
  const status = await client.drop(`/api/jobs/${id}/events`, Math.floor(draw * 997) % 60);
  // 0: dropped before the answer; 404: so old that it is kept no more
  return expect({ status }, 0, 200, 204, 404);
}

/** Shares of a thousand; jobs cost a second of processor each. */
export const GOOD = [
  { name: 'infer', share: 780, send: infer },
  { name: 'infer as JSON', share: 20, send: inferJson },
  { name: 'read', share: 70, send: read },
  { name: 'page', share: 80, send: page },
  { name: 'download', share: 20, send: download },
  { name: 'measurement', share: 10, send: measurement },
  { name: 'measurements', share: 10, send: measurements },
  { name: 'job', share: 0.4, send: job },
  { name: 'events', share: 10, send: events },
];
