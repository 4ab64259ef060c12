import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import t from 'tap';
import type { SearchReport } from '../../src/compress/search/index.js';
import { RECIPE, lopper, start, writeData, writeModel } from './cli.js';

const isHere = spawnSync('redis-server', ['--version']).status === 0;
const needsRedis = {
  skip: isHere ? false : ('redis-server is not installed (Debian: redis-server)' as const),
};

let server: ChildProcess | undefined;
let redis: Redis;
let address: string;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

t.before(async () => {
  if (!isHere) return;
  const port = await freePort();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  server = spawn('redis-server', options, { stdio: 'ignore' });
  address = `redis://127.0.0.1:${port}`;
  redis = new Redis(address, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on('error', () => undefined); // until it listens
  await redis.ping();
});

t.teardown(async () => {
  redis?.disconnect();
  server?.kill('SIGTERM');
});

const folder = t.testdir();
const data = join(folder, 'quadrants');
const others = join(folder, 'others', 'quadrants');
writeData(data, 256, 40);
writeData(others, 255, 40);
const model = writeModel(join(folder, 'model'));
const search = join(folder, 'search.json');
writeFileSync(
  search,
  JSON.stringify({
    recipe: RECIPE,
    bound: { bytes: 100_000 },
    space: { layers: { '*': { sparsity: [0, 0.4, 0.8] } } },
    strategy: { type: 'evolution', population: 3 },
    trials: 6,
    final: { rounds: 0 },
    validation: { samples: 60 },
  }),
);

const found = (out: string): object => {
  const { trials } = JSON.parse(readFileSync(out.replace('.lop', '.trials.json'), 'utf8')) as SearchReport;
  return trials.map(({ result, ...trial }) => ({ ...trial, ...result, seconds: 0 }));
};

/** Waits until a trial is being worked on. */
async function untilActive(): Promise<void> {
  for (;;) {
    const [key] = await redis.keys('lopper:trials-*:active');
    if (key && (await redis.llen(key)) > 0) return;
    await setTimeout(10);
  }
}

/** Keys of queues that do not go by themselves, as locks of workers do. */
async function lasting(): Promise<string[]> {
  const keys = (await redis.keys('lopper:*')).filter((key) => !key.endsWith(':meta'));
  const times = await Promise.all(keys.map((key) => redis.pttl(key)));
  return keys.filter((_, i) => times[i] === -1);
}

t.test('a killed worker loses nothing: another takes its trial up', needsRedis, async (t) => {
  const args = ['search', model, '--search', search, '--data', data];
  const out = join(folder, 'queue.lop');
  const coordinator = start([...args, '-o', out, '--queue', address]);
  const worker = (): ReturnType<typeof start> =>
    start(['worker', model, '--data', data, '--queue', address, '--patience', '1', '--workers', '1']);

  const first = worker();
  await untilActive();
  first.kill('SIGKILL');
  t.equal((await first.result).code, null, 'killed at work');
  const [active] = await redis.keys('lopper:trials-*:active');
  t.equal(await redis.llen(active), 1, 'its trial is still marked as being worked on');

  const stranger = await lopper('worker', model, '--data', others, '--queue', address);
  t.equal(stranger.code, 1);
  t.match(
    stranger.stderr,
    /worker: expected the model, data and version of the search .* got .*others.*hash/,
  );

  const second = worker();
  const done = await coordinator.result;
  t.equal(done.code, 0, done.stderr);
  second.kill('SIGTERM');
  const ended = await second.result;
  t.equal(ended.code, 143, ended.stderr);
  t.match(ended.stderr, /what it worked on is back in the queue/);
  t.same(await lasting(), [], 'no trial is left in Redis');

  const alone = join(folder, 'alone.lop');
  t.equal((await lopper(...args, '-o', alone)).code, 0);
  t.same(found(out), found(alone), 'the same as in process');
  t.ok(readFileSync(out).equals(readFileSync(alone)));
});

t.test('a stopped worker gives its trial back at once', needsRedis, async (t) => {
  const out = join(folder, 'given.lop');
  const coordinator = start([
    'search',
    model,
    '--search',
    search,
    '--data',
    data,
    '-o',
    out,
    '--queue',
    address,
  ]);
  const worker = (): ReturnType<typeof start> => start(['worker', model, '--data', data, '--queue', address]);
  const first = worker();
  await untilActive();
  first.kill('SIGINT');
  t.equal((await first.result).code, 130);
  const began = Date.now();
  const second = worker();
  const done = await coordinator.result;
  t.equal(done.code, 0, done.stderr);
  t.ok(Date.now() - began < 29_000, 'sooner than the patience of 30 s');
  second.kill('SIGTERM');
  await second.result;
});
