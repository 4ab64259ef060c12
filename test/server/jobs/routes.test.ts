import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Job } from '../../../src/server/api/schemas.js';
import { JobQueue } from '../../../src/server/jobs/queue.js';
import type { Listening } from '../../../src/server/listen.js';
import { FOLDERS, raw, serve } from '../fixtures.js';
import { act, datasets, ended, FAKE, form, recipes, until } from './helpers.js';

const root = t.testdir({ ...FOLDERS, jobs: {} });
const limits = { uploadMb: 1, uploadFiles: 3, jobsPerClient: 100, jobsQueued: 100 };
let queue: JobQueue;
let server: Listening;
t.before(async () => {
  queue = await JobQueue.open({ folder: join(root, 'jobs'), program: FAKE, limits });
  server = await serve(root, { jobs: queue, recipes, datasets, limits });
});
t.after(async () => {
  await queue.close();
  await server.close();
});

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(new URL('/api/jobs', server.url), { method: 'POST', body, headers });
const get = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

async function submit(fields: Record<string, string>, files?: Record<string, string>): Promise<Job> {
  const response = await post(form(fields, files));
  const job = (await response.json()) as Job;
  if (response.status !== 202) throw new Error(JSON.stringify(job));
  return job;
}

interface Event {
  id: string;
  event: string;
  data: Job;
}

/** Events until the stream ends, or `enough` says so. */
async function events(
  path: string,
  enough = (_: Event): boolean => false,
  headers: Record<string, string> = {},
) {
  const stop = new AbortController();
  const response = await get(path, { headers, signal: stop.signal });
  const seen: Event[] = [];
  const decoder = new TextDecoder();
  let text = '';
  if (response.status === 204) return { status: 204, seen };
  try {
    for await (const part of response.body! as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
        const fields = Object.fromEntries(
          text
            .slice(0, at)
            .split('\n')
            .map((line) => line.split(/: (.*)/s)),
        );
        if (!fields['data']) continue;
        seen.push({ id: fields['id'], event: fields['event'], data: JSON.parse(fields['data']) as Job });
        if (enough(seen.at(-1)!)) stop.abort();
      }
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return { status: response.status, seen };
}

t.test('from upload to download', async (t) => {
  const response = await post(
    form({ preset: 'finish', name: 'my job' }, { 'model.json': '{}', 'w.bin': 'weights' }),
  );
  t.equal(response.status, 202);
  const job = (await response.json()) as Job;
  t.equal(response.headers.get('location'), `/api/jobs/${job.id}`);
  t.match(job, { name: 'my job', state: /queued|running/ });
  const { seen } = await events(`/api/jobs/${job.id}/events`);
  t.equal(seen.at(-1)!.event, 'state');
  t.equal(seen.at(-1)!.data.state, 'done', 'the stream ends with the job');
  const { result } = (await (await get(`/api/jobs/${job.id}`)).json()) as Job;
  const model = await get(result!.model);
  t.equal(await model.text(), 'a file');
  t.match(model.headers.get('content-disposition'), /attachment; filename="?my job.lop"?$/);
  const report = await get(result!.report);
  t.match(report.headers.get('content-type'), /^text\/html/);
  t.match(report.headers.get('content-security-policy'), /default-src 'none'.*sandbox/);
  const { jobs } = (await (await get('/api/jobs')).json()) as { jobs: Job[] };
  t.ok(jobs.some(({ id }) => id === job.id));
});

t.test('a recipe of one’s own, a data set by name, the name of the file', async (t) => {
  const job = await submit({ ...act('wait', { data: true }), dataset: 'points' });
  t.equal(job.name, 'a.onnx');
  const order = JSON.parse(readFileSync(join(root, 'jobs', job.id, 'order.json'), 'utf8')) as object;
  t.same(order, { model: 'upload/a.onnx', recipe: { act: 'wait', data: true }, dataset: '/data/points' });
  await queue.cancel(job.id);
});

t.test('what cannot become a job is told, and nothing of it stays', async (t) => {
  const before = readdirSync(join(root, 'jobs')).length;
  const ok = { 'a.onnx': 'model' };
  const cases: [FormData, number, RegExp][] = [
    [form({}), 400, /^preset: expected one of finish, data, or a recipe, got neither/],
    [form({ preset: 'none' }), 400, /got none/],
    [form({ preset: 'finish', ...act('finish') }), 400, /got both/],
    [form({ recipe: '{' }), 400, /^recipe: expected JSON/],
    [form({ recipe: '{"no":1}' }), 400, /^recipe.act: expected an act, got {"no":1}/],
    [form({ recipe: `{"x":"${'y'.repeat(70_000)}"}` }), 413, /a field is too long/],
    [
      form({ preset: 'data' }),
      400,
      /^dataset: expected one of GET \/api\/datasets, as the recipe needs, got none/,
    ],
    [form({ preset: 'data', dataset: 'none' }), 400, /^dataset: expected one of points, got none/],
    [form({ preset: 'data', dataset: '../../etc' }), 400, /^form.dataset/],
    [form({ preset: 'finish', other: 'x' }), 400, /^form: .*other/],
    [form({ preset: 'finish', __proto__x: 'x' }), 400, /__proto__x/],
    [form({ preset: 'finish', name: 'x'.repeat(101) }), 400, /^form.name/],
    [form({ preset: 'finish' }, {}), 415, /got no files/],
    [form({ preset: 'finish' }, { 'a.txt': 'x' }), 415, /^model: expected one model .* got a.txt/],
    [form({ preset: 'finish' }, { 'a.onnx': 'x', 'b.onnx': 'x' }), 415, /got a.onnx, b.onnx/],
    [form({ preset: 'finish' }, { '.hidden.onnx': 'x' }), 400, /^model: expected files of different names/],
    [form({ preset: 'finish' }, { 'a b.onnx': 'x' }), 400, /different names/],
    [
      form({ preset: 'finish' }, { 'a.onnx': 'x', 'b.bin': 'x', 'c.bin': 'x', 'd.bin': 'x' }),
      413,
      /too many files/,
    ],
    [
      form({ preset: 'finish' }, { ...ok, 'b.bin': 'x'.repeat(2 ** 20) }),
      413,
      /^upload: expected at most 1 MB/,
    ],
    [
      form({ preset: 'finish' }, { ...ok, 'b.bin': 'x'.repeat(3 * 2 ** 20) }),
      413,
      /^upload: expected at most 1 MB, got 4 MB/,
    ],
  ];
  for (const [body, status, message] of cases) {
    const response = await post(body).catch(() => undefined);
    if (!response) continue; // cut off while it sent too much
    const { error } = (await response.json()) as { error: string };
    t.equal(response.status, status, String(message));
    t.match(error, message);
  }
  const twice = form({ preset: 'finish' });
  twice.append('model', new Blob(['x']), 'a.onnx');
  t.equal((await post(twice)).status, 400, 'one name twice');
  t.equal((await post('x', { 'content-type': 'text/plain' })).status, 415);
  t.equal((await post('x', { 'content-type': 'multipart/form-data; boundary=b' })).status, 400, 'no end');
  t.equal((await post('x', { 'content-type': 'multipart/form-data' })).status, 400, 'no boundary');
  t.equal(readdirSync(join(root, 'jobs')).length, before);
});

t.test('names of files lead nowhere', async (t) => {
  for (const filename of [
    '../../../evil.onnx',
    '..\\..\\evil.onnx',
    '/tmp/evil.onnx',
    'a\\u0000.onnx',
    'x/../evil.onnx',
    '..',
    '%2e%2e%2fevil.onnx',
    '\0.onnx',
  ]) {
    const body = [
      '--b',
      `Content-Disposition: form-data; name="model"; filename="${filename}"`,
      '',
      'evil',
      '--b',
      'Content-Disposition: form-data; name="recipe"',
      '',
      '{"act":"wait"}',
      '--b--',
      '',
    ].join('\r\n');
    const headers = {
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': String(body.length),
    };
    const { status, body: answer } = await raw(server.port, '/api/jobs', { method: 'POST', headers }, body);
    if (status === 202) {
      const { id } = JSON.parse(answer) as Job;
      const [name, ...more] = readdirSync(join(root, 'jobs', id, 'upload'));
      t.match(name, /^(evil|u0000)\.onnx$/, filename);
      t.same(more, []);
      await queue.cancel(id);
    } else t.match(String(status), /^4(00|15)$/, filename);
  }
  t.notOk(existsSync(join(root, 'evil.onnx')) || existsSync(join(root, 'jobs', 'evil.onnx')));
});

t.test('events go on after a break, and stop for one who has seen the end', async (t) => {
  const job = await submit(act('finish', { ms: 300 }));
  const path = `/api/jobs/${job.id}/events`;
  const first = await events(path, ({ event }) => event === 'progress');
  t.equal(first.seen.at(-1)!.data.progress!.phase, 'work');
  const rest = await events(path, undefined, { 'last-event-id': first.seen[0].id });
  t.equal(rest.seen[0].event, 'state', 'the job as it is comes first');
  t.equal(rest.seen.at(-1)!.data.state, 'done');
  const again = await events(path, undefined, { 'last-event-id': rest.seen.at(-1)!.id });
  t.equal(again.status, 204, 'at which an EventSource stops');
  const late = await events(path);
  t.same(
    late.seen.map(({ data }) => data.state),
    ['done'],
  );
});

t.test('a client that goes away while it watches costs nothing', async (t) => {
  const job = await submit(act('wait'));
  await until(queue, job.id, ({ progress }) => progress !== null);
  for (let i = 0; i < 20; i++) await events(`/api/jobs/${job.id}/events`, () => true);
  const { seen } = await events(`/api/jobs/${job.id}/events`, () => true);
  t.equal(seen.length, 1);
  t.equal((await get(`/api/jobs/${job.id}/events`, { method: 'HEAD' })).status, 200);
  const deleted = await get(`/api/jobs/${job.id}`, { method: 'DELETE' });
  t.match(await deleted.json(), { state: 'cancelled' });
});

t.test('DELETE while it runs ends its stream and its process', async (t) => {
  const job = await submit(act('spin'));
  await until(queue, job.id, ({ progress }) => progress !== null);
  const watching = events(`/api/jobs/${job.id}/events`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const response = await get(`/api/jobs/${job.id}`, { method: 'DELETE' });
  t.match(await response.json(), { state: 'cancelled', result: null });
  const { seen } = await watching;
  t.equal(seen.at(-1)!.data.state, 'cancelled');
  t.equal((await get(`/api/jobs/${job.id}/model.lop`)).status, 404);
});

t.test('so many streams and no more; those that end make room', async (t) => {
  const { connect } = await import('node:net');
  const job = await submit(act('wait'));
  const path = `/api/jobs/${job.id}/events`;
  const sockets = Array.from({ length: 500 }, () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  });
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
  const { status, body } = await raw(server.port, path);
  t.equal(status, 429);
  t.match(JSON.parse(body), { error: /^events: expected at most 500 streams/ });
  for (const socket of sockets) socket.destroy();
  for (let i = 0; i < 100 && (await get(path, { method: 'HEAD' })).status === 429; i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal((await events(path, () => true)).seen.length, 1);
  await queue.cancel(job.id);
});

t.test('what is not there', async (t) => {
  for (const path of [
    '/api/jobs/0123456789abcdef',
    '/api/jobs/..%2f..',
    '/api/jobs/x',
    '/api/jobs/0123456789abcdef/events',
  ])
    t.equal((await get(path)).status, 404, path);
  const job = await submit(act('fail'));
  await until(queue, job.id, ended);
  for (const file of ['model.lop', 'report.html', 'job.json', 'upload/a.onnx'])
    t.equal((await get(`/api/jobs/${job.id}/${file}`)).status, 404, file);
});

t.test('an upload that is cut off leaves nothing', async (t) => {
  const before = readdirSync(join(root, 'jobs')).length;
  const { connect } = await import('node:net');
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    'POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n',
  );
  socket.write('--b\r\nContent-Disposition: form-data; name="model"; filename="a.onnx"\r\n\r\nhalf');
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(readdirSync(join(root, 'jobs')).length, before + 1, 'it had begun');
  socket.destroy();
  for (let i = 0; i < 100 && readdirSync(join(root, 'jobs')).length > before; i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(readdirSync(join(root, 'jobs')).length, before);
});

t.test('a full queue answers 429 before it reads the upload', async (t) => {
  mkdirSync(join(root, 'few'));
  const few = await JobQueue.open({ folder: join(root, 'few'), program: FAKE, limits: { jobsPerClient: 1 } });
  const own = await serve(root, { jobs: few, recipes, datasets });
  const at = new URL('/api/jobs', own.url);
  const first = await fetch(at, { method: 'POST', body: form(act('wait')) });
  t.equal(first.status, 202);
  const second = await fetch(at, { method: 'POST', body: form(act('wait')) });
  t.equal(second.status, 429);
  t.equal(second.headers.get('retry-after'), '60');
  await few.close();
  const third = await fetch(at, { method: 'POST', body: form(act('wait')) });
  t.equal(third.status, 503, 'nor does one that stops');
  await own.close();
});

t.end();
