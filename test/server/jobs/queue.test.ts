import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { JobQueue, type QueueOptions } from '../../../src/server/jobs/queue.js';
import { act, ended, FAKE, lives, until } from './helpers.js';

const open = (folder: string, limits: QueueOptions['limits'] = {}): Promise<JobQueue> =>
  JobQueue.open({ folder, program: FAKE, limits });

async function submit(queue: JobQueue, recipe: object, client = 'me'): Promise<string> {
  const reservation = await queue.reserve(client);
  writeFileSync(join(reservation.uploads, 'a.onnx'), 'model');
  const order = { model: 'upload/a.onnx', recipe, dataset: null };
  return (await queue.submit(reservation, 'a job', order)).id;
}

const recipe = (name: string, more: object = {}): object => JSON.parse(act(name, more).recipe) as object;

/** The process of the one running job, by its parent. */
function runningPid(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  return Number(children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('fake-job')));
}

t.test('a job runs in a process of its own, and leaves what it made', async (t) => {
  const folder = t.testdir();
  const queue = await open(folder);
  const id = await submit(queue, recipe('finish'));
  t.equal(queue.file(id, 'model'), undefined, 'not yet');
  const job = await until(queue, id, ended);
  t.match(job, {
    id,
    name: 'a job',
    state: 'done',
    error: null,
    queue: null,
    progress: { phase: 'work', done: 10, total: 10, message: '10 of 10' },
    result: {
      model: `/api/jobs/${id}/model.lop`,
      report: `/api/jobs/${id}/report.html`,
      bytes: 6,
      denseBytes: 60,
      baseline: 0.9,
      final: null,
      seconds: 1.5,
    },
  });
  t.ok(
    Date.parse(job.created) <= Date.parse(job.started!) && Date.parse(job.started!) <= Date.parse(job.ended!),
  );
  t.equal(readFileSync(queue.file(id, 'model')!, 'utf8'), 'a file');
  const { pid } = JSON.parse(readFileSync(join(folder, id, 'result.json'), 'utf8')) as { pid: number };
  t.not(pid, process.pid);
  await queue.close();
  t.notOk(existsSync(join(folder, id, 'upload')), 'the upload is not kept');
});

t.test('what goes wrong in the process is told, and harms no other job', async (t) => {
  const queue = await open(t.testdir(), { jobMemoryMb: 256, jobSeconds: 60, jobsPerClient: 20 });
  const cases: [string, RegExp][] = [
    ['fail', /^layer: expected one, got none$/],
    ['crash', /^process: expected it to end by itself, got SIGABRT/],
    ['nothing', /^process: expected a result, got none/],
    ['heap', /^memory: expected at most 256 MB, got more/],
    ['resident', /^memory: expected at most 256 MB, got more/],
  ];
  for (const [name, error] of cases) {
    const job = await until(queue, await submit(queue, recipe(name)), ended);
    t.equal(job.state, 'failed', name);
    t.match(job.error, error);
    t.equal(job.result, null);
  }
  t.equal((await until(queue, await submit(queue, recipe('nonsense')), ended)).state, 'done');
  await queue.close();
});

t.test('a job over its time is killed, even where it hears nothing', async (t) => {
  const queue = await open(t.testdir(), { jobSeconds: 1 });
  const job = await until(queue, await submit(queue, recipe('spin')), ended);
  t.match(job, { state: 'failed', error: /^time: expected at most 1 s, got more/ });
  await queue.close();
});

t.test('a process that somebody kills fails its job, and the next one runs', async (t) => {
  const queue = await open(t.testdir());
  const first = await submit(queue, recipe('wait'));
  const second = await submit(queue, recipe('finish'));
  await until(queue, first, ({ progress }) => progress !== null);
  t.match(queue.get(second), { state: 'queued', queue: 1 });
  process.kill(runningPid(), 'SIGKILL');
  t.match(await until(queue, first, ended), { state: 'failed', error: /got SIGKILL/ });
  t.equal((await until(queue, second, ended)).state, 'done');
  await queue.close();
});

t.test('cancelling kills the process; a waiting job never starts; an ended one stays', async (t) => {
  const folder = t.testdir();
  const queue = await open(folder);
  const running = await submit(queue, recipe('spin'));
  const waiting = await submit(queue, recipe('finish'));
  await until(queue, running, ({ progress }) => progress !== null);
  const pid = runningPid();
  t.match(await queue.cancel(waiting), { state: 'cancelled', started: null, queue: null });
  t.match(await queue.cancel(running), { state: 'cancelled', error: null });
  t.notOk(lives(pid), 'the process is gone when the answer comes');
  t.match(await queue.cancel(running), { state: 'cancelled' });
  const done = await submit(queue, recipe('finish'));
  await until(queue, done, ended);
  t.match(await queue.cancel(done), { state: 'done' });
  t.equal(await queue.cancel('none'), undefined);
  t.same(queue.counts(), { queued: 0, running: 0, done: 1, failed: 0, cancelled: 2 });
  await queue.close();
});

t.test('so many at once, the first come first; two run side by side where two may', async (t) => {
  const queue = await open(t.testdir(), { jobsRunning: 2 });
  const ids = [
    await submit(queue, recipe('wait')),
    await submit(queue, recipe('wait')),
    await submit(queue, recipe('finish')),
  ];
  await until(queue, ids[1], ({ progress }) => progress !== null);
  t.same(
    ids.map((id) => queue.get(id)!.state),
    ['running', 'running', 'queued'],
  );
  t.equal(queue.get(ids[2])!.queue, 1);
  t.same(
    queue.list().map(({ id }) => id),
    [...ids].reverse(),
    'latest first',
  );
  await queue.cancel(ids[0]);
  t.equal((await until(queue, ids[2], ended)).state, 'done');
  await queue.close();
});

t.test('no more wait than may, and no more of one client', async (t) => {
  const queue = await open(t.testdir(), { jobsQueued: 2, jobsPerClient: 2 });
  await submit(queue, recipe('wait'), 'one');
  const upload = await queue.reserve('one');
  await t.rejects(queue.reserve('one'), { status: 429, message: /at most 2 of one client/ });
  await queue.release(upload);
  t.notOk(existsSync(upload.uploads), 'what was uploaded goes');
  await submit(queue, recipe('wait'), 'one');
  await submit(queue, recipe('wait'), 'two');
  await t.rejects(queue.reserve('three'), { status: 429, message: /at most 2 that wait/ });
  await queue.close();
  await t.rejects(queue.reserve('three'), { status: 503, message: /it is stopping/ });
});

t.test(
  'a stopped server’s jobs: the ended are there, the waiting run, the running one waits again',
  async (t) => {
    const folder = t.testdir();
    const first = await open(folder);
    const done = await submit(first, recipe('finish'));
    await until(first, done, ended);
    const running = await submit(first, recipe('finish', { ms: 3000 }));
    const waiting = await submit(first, recipe('finish'));
    await until(first, running, ({ progress }) => progress !== null);
    const pid = runningPid();
    await first.close();
    t.notOk(lives(pid), 'no process is left behind');

    const second = await open(folder);
    t.match(second.get(done), { state: 'done', result: { bytes: 6 } });
    t.equal(readFileSync(second.file(done, 'model')!, 'utf8'), 'a file');
    t.equal((await until(second, running, ended)).state, 'done');
    t.equal((await until(second, waiting, ended)).state, 'done');
    await second.close();
  },
);

t.test('a killed server’s jobs: one that ran has failed, one that had finished is done', async (t) => {
  const folder = t.testdir();
  const record = (id: string, more: object = {}): void => {
    mkdirSync(join(folder, id, 'upload'), { recursive: true });
    const time = new Date().toISOString();
    const job = { version: 1, id, name: id, state: 'running', created: time, started: time };
    writeFileSync(
      join(folder, id, 'job.json'),
      JSON.stringify({ ...job, ended: null, error: null, result: null, ...more }),
    );
  };
  record('running_running_'.slice(0, 16));
  record('finished_finishe');
  const figures = { bytes: 6, denseBytes: 60, sparsity: 0.5, baseline: null, final: null, seconds: 1 };
  writeFileSync(join(folder, 'finished_finishe', 'result.json'), JSON.stringify(figures));
  writeFileSync(join(folder, 'finished_finishe', 'job.json.tmp'), '{"half');
  mkdirSync(join(folder, 'cut_off_upload_1', 'upload'), { recursive: true });
  mkdirSync(join(folder, 'broken_broken_br'));
  writeFileSync(join(folder, 'broken_broken_br', 'job.json'), '{"id":');
  record('another_another_', { id: 'not_its_folder__' });

  const queue = await open(folder);
  t.match(queue.get('running_running_'), { state: 'failed', error: /^server: it stopped while the job ran/ });
  t.match(queue.get('finished_finishe'), { state: 'done', result: { bytes: 6 } });
  t.same(readdirSync(folder).sort(), ['finished_finishe', 'running_running_'], 'nothing else is left');
  await queue.close();
});

t.test('ended jobs go when they are too old or too many', async (t) => {
  const folder = t.testdir();
  const record = (id: string, ended: string): void => {
    mkdirSync(join(folder, id));
    const job = {
      version: 1,
      id,
      name: id,
      state: 'failed',
      created: ended,
      started: null,
      ended,
      error: 'x',
    };
    writeFileSync(join(folder, id, 'job.json'), JSON.stringify({ ...job, result: null }));
  };
  const ago = (hours: number): string => new Date(Date.now() - 3_600_000 * hours).toISOString();
  record('two_days_old_job', ago(48));
  record('three_hours_old_', ago(3));
  record('two_hours_old_jo', ago(2));
  record('one_hour_old_job', ago(1));
  const queue = await open(folder, { jobKeepHours: 24, jobsKept: 2 });
  t.same(
    queue.list().map(({ id }) => id),
    ['one_hour_old_job', 'two_hours_old_jo'],
  );
  t.same(readdirSync(folder).sort(), ['one_hour_old_job', 'two_hours_old_jo']);
  await queue.close();
});

t.test('who watches hears each change in order, and the end', async (t) => {
  const queue = await open(t.testdir());
  const id = await submit(queue, recipe('finish', { ms: 50 }));
  const heard: string[] = [];
  const unwatch = queue.watch(id, (kind) => heard.push(`${kind} ${queue.get(id)!.state}`));
  await until(queue, id, ended);
  t.equal(heard.at(-1), 'state done');
  t.ok(heard.includes('progress running'));
  unwatch();
  const before = heard.length;
  await queue.cancel(id);
  t.equal(heard.length, before);
  await queue.close();
});
