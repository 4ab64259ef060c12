/** `lopper serve` as it is started: real jobs, settings, signals. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { importModel } from '../../../src/import/index.js';
import { load } from '../../../src/runtime/node.js';
import type { Job } from '../../../src/server/api/schemas.js';
import { form } from '../../server/jobs/helpers.js';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const MAIN = inRepository('dist/cli/main.js');
const data = t.testdir();

interface Started {
  process: ChildProcess;
  url: string;
  exit: Promise<number | null>;
  stderr(): string;
}

async function start(options: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const args = [MAIN, 'serve', '--port', '0', '--data', data, '--json', ...options];
  const server = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  let stderr = '';
  server.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  const exit = new Promise<number | null>((resolve) => server.once('exit', resolve));
  t.teardown(() => server.kill('SIGKILL'));
  let text = '';
  for await (const line of createInterface(server.stdout)) {
    text += line;
    if (line === '}') break;
  }
  if (text === '') throw new Error(stderr);
  return { process: server, url: (JSON.parse(text) as { url: string }).url, exit, stderr: () => stderr };
}

async function submit(url: string, fields: Record<string, string>): Promise<Job> {
  const body = form(fields, {});
  for (const name of ['model.json', 'weights.bin'])
    body.append('model', new Blob([readFileSync(inRepository(`models/mnist-cnn/dense/${name}`))]), name);
  const response = await fetch(new URL('api/jobs', url), { method: 'POST', body });
  const job = (await response.json()) as Job;
  if (response.status !== 202) throw new Error(JSON.stringify(job));
  return job;
}

async function jobOf(url: string, id: string): Promise<Job> {
  return (await (await fetch(new URL(`api/jobs/${id}`, url))).json()) as Job;
}

async function ended(url: string, id: string): Promise<Job> {
  for (;;) {
    const job = await jobOf(url, id);
    if (job.state !== 'queued' && job.state !== 'running') return job;
    await sleep(100);
  }
}

t.test('a real job, and what a restart makes of one that runs', async (t) => {
  const first = await start();
  const { id } = await submit(first.url, { preset: 'float16', name: 'half' });
  const half = await ended(first.url, id);
  t.match(half, {
    state: 'done',
    error: null,
    result: { denseBytes: 4 * 20410, sparsity: 0, baseline: null },
  });
  const file = await (await fetch(new URL(half.result!.model.slice(1), first.url))).arrayBuffer();
  t.equal(file.byteLength, half.result!.bytes);
  t.ok(file.byteLength < 0.55 * half.result!.denseBytes);
  const model = await load(file);
  t.same(model.inputs[0].shape, [28, 28, 1]);
  const report = await (await fetch(new URL(half.result!.report.slice(1), first.url))).text();
  t.match(report, /<!doctype html>/);

  const training = await submit(first.url, { preset: 'small-90', dataset: 'mnist' });
  while ((await jobOf(first.url, training.id)).progress === null) await sleep(50);
  const waiting = await submit(first.url, { preset: 'as-it-is' });
  t.match(await jobOf(first.url, waiting.id), { state: 'queued', queue: 1 });
  first.process.kill('SIGTERM');
  t.equal(await first.exit, 0, first.stderr());

  const second = await start();
  t.match(await jobOf(second.url, id), { state: 'done', name: 'half' });
  t.match((await jobOf(second.url, training.id)).state, /queued|running/, 'it begins again');
  await fetch(new URL(`api/jobs/${training.id}`, second.url), { method: 'DELETE' });
  t.equal((await ended(second.url, waiting.id)).state, 'done');

  const other = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--data', data], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let told = '';
  other.stderr.on('data', (part: Buffer) => (told += part.toString()));
  t.equal(await new Promise((resolve) => other.once('exit', resolve)), 1);
  t.match(told, /expected a data folder of our own, got one that process \d+ serves/);

  second.process.kill('SIGKILL');
  await second.exit;
  const third = await start();
  t.match(await jobOf(third.url, training.id), { state: 'cancelled' }, 'also after a crash');
  third.process.kill('SIGINT');
  t.equal(await third.exit, 0);
});

t.test('an upload that lies is the job’s error, without paths of this machine', async (t) => {
  const server = await start();
  const lie = async (files: Record<string, string>): Promise<Job> => {
    const body = form({ preset: 'as-it-is' }, files);
    const response = await fetch(new URL('api/jobs', server.url), { method: 'POST', body });
    return ended(server.url, ((await response.json()) as Job).id);
  };
  const outside = JSON.stringify({
    modelTopology: {},
    weightsManifest: [{ paths: ['../../../../etc/passwd'], weights: [] }],
  });
  const cases: [Record<string, string>, RegExp][] = [
    [
      { 'model.json': outside },
      /^model.json: expected weight files beside it, got "..\/..\/..\/..\/etc\/passwd"/,
    ],
    [{ 'model.onnx': outside }, /^model.onnx: expected weight files beside it/],
    [{ 'model.json': '{' }, /model.json: expected JSON/],
    [{ 'model.tflite': 'no model' }, /model.tflite/],
    [{ 'model.h5': '\x89HDF\r\n\x1a\nbroken' }, /./],
  ];
  for (const [files, error] of cases) {
    const job = await lie(files);
    t.equal(job.state, 'failed');
    t.match(job.error, error);
    t.notMatch(job.error, data);
  }
  server.process.kill('SIGTERM');
  await server.exit;
});

t.test('the dense original also comes as ONNX, the same network', async (t) => {
  const server = await start();
  const { models } = (await (await fetch(new URL('api/models', server.url))).json()) as {
    models: { name: string; dense: { params: number; onnx: { url: string; bytes: number } } }[];
  };
  t.same(
    models.map(({ name }) => name),
    ['lenet-300-100', 'lenet-5', 'mnist-cnn'],
  );
  for (const { name, dense } of models) {
    const response = await fetch(new URL(dense.onnx.url.slice(1), server.url));
    t.match(response.headers.get('cache-control'), /immutable/);
    const bytes = new Uint8Array(await response.arrayBuffer());
    t.equal(bytes.length, dense.onnx.bytes);
    const graph = await importModel(bytes);
    const params = [...graph.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    t.equal(params, dense.params, name);
  }
  server.process.kill('SIGTERM');
  await server.exit;
});

t.test('settings come from options and from the environment', async (t) => {
  const server = await start(['--max-queued', '7'], { LOPPER_INFER_RATE: '1', LOPPER_LOG_LEVEL: 'info' });
  const infer = async (): Promise<number> => {
    const at = new URL('api/infer?model=mnist-cnn', server.url);
    const headers = { 'content-type': 'application/octet-stream' };
    return (await fetch(at, { method: 'POST', body: new Uint8Array(784), headers })).status;
  };
  t.equal(await infer(), 200);
  t.equal(await infer(), 429);
  await fetch(new URL('healthz', server.url));
  server.process.kill('SIGTERM');
  await server.exit;
  const line = server
    .stderr()
    .split('\n')
    .find((text) => text.includes('/healthz'))!;
  t.match(JSON.parse(line), { method: 'GET', path: '/healthz', status: 200, msg: 'request' });
});
