/** The server on a full disk: it says so, harms no job, and goes on when there is room again. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Job } from '../../src/server/api/schemas.js';
import { start, writeModel } from '../cli/cli.js';
import { MOUNTS, SmallDisk, until } from './places.js';

const model = writeModel(join(t.testdir(), 'model'));

function form(): FormData {
  const body = new FormData();
  body.set('recipe', '{}');
  for (const name of ['model.json', 'weights.bin'])
    body.append('model', new Blob([readFileSync(join(model, '..', name))]), name);
  return body;
}

const MEASUREMENT = JSON.stringify({
  device: { userAgent: 'x', cores: 2, memoryGb: null, platform: 'x', mobile: false },
  results: Array.from({ length: 100 }, () => ({
    model: 'mnist-cnn',
    version: 'model',
    runtime: 'lopper',
    threads: 1,
    median_ms: 1,
    p95_ms: 1,
    min_ms: 1,
    runs: 9,
    bytes: 9,
  })),
});

t.test('uploads, measurements and jobs on a full disk', MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 512);
  const server = start(['serve', '--port', '0', '--data', disk.folder, '--log-level', 'silent', '--json']);
  t.teardown(() => server.kill('SIGKILL'));
  const { url } = JSON.parse(await server.firstOutput) as { url: string };
  const send = (path: string, init?: RequestInit) => fetch(new URL(path, url), init);
  const postJob = () => send('/api/jobs', { method: 'POST', body: form() });
  const postMeasurement = () =>
    send('/api/measurements', {
      method: 'POST',
      body: MEASUREMENT,
      headers: { 'content-type': 'application/json' },
    });
  const jobOf = async (id: string): Promise<Job> => (await (await send(`/api/jobs/${id}`)).json()) as Job;
  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await jobOf(id);
      if (!['queued', 'running'].includes(job.state)) return job;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const first = (await (await postJob()).json()) as Job;
  disk.fill();
  const failed = await ended(first.id);
  t.match(failed, {
    state: 'failed',
    error: /^(model\.lop|report\.html|result\.json): expected a writable output, got: no room on the disk$/,
  });

  disk.fill();
  for (const post of [postJob, postMeasurement]) {
    const answer = await post();
    t.equal(answer.status, 507);
    t.match(await answer.json(), {
      error: /^disk: expected what was sent to be kept, got a full or failing disk/,
    });
  }
  t.same(readdirSync(disk.path('jobs')), [first.id], 'no folder of the upload that failed');
  t.equal((await send('/healthz')).status, 200);

  disk.empty();
  t.equal((await postMeasurement()).status, 201);
  const second = (await (await postJob()).json()) as Job;
  t.equal((await ended(second.id)).state, 'done');
  await until(() => !existsUpload());
  server.kill('SIGTERM');
  t.equal((await server.result).code, 0);

  function existsUpload(): boolean {
    return readdirSync(join(disk.path('jobs'), second.id)).includes('upload');
  }
});
