// A day of a server in short: mixed requests of good and hostile clients; memory, files and processes must stay where they are.
//   npm run soak:server -- [--requests 200000] [--hostile 0.01] [--seed 1] [--clients 32]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from './soak/client.mjs';
import { runCommand } from './soak/command.mjs';
import { summarize } from './soak/flat.mjs';
import { GOOD } from './soak/good.mjs';
import { HOSTILE } from './soak/hostile.mjs';
import { commandOf, descendants, descriptorCount, residentBytes, threadCount } from './soak/processes.mjs';
import { pick, randomOf } from './soak/random.mjs';
import { startServer } from './soak/server.mjs';

const HELP = `npm run soak:server -- [--requests 200000] [--hostile 0.01] [--seed 1] [--clients 32]

Starts lopper serve and sends it a seeded mix: inferences, reads, the page with ETags, downloads, measurements, jobs (some cancelled),
streams of events that are dropped; and in the share --hostile what no client should send. Good clients must never see a failure (429 only
where the job queue is full), hostile ones only 4xx or a closed connection; memory, threads and descriptors must be flat; nothing may be left
behind; SIGTERM must end it with 0. Prints a summary as JSON; exit code 1 where something was not so.
`;

const SAMPLES = 100;
const FAULTS_KEPT = 20;
/** Hostile connections that the server is to close by itself, at once. */
const MOST_SLOW = 200;
const delay = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function readFlags() {
  const options = Object.fromEntries(
    Object.entries({ requests: '200000', hostile: '0.01', seed: '1', clients: '32' }).map(([name, value]) => [
      name,
      { type: 'string', default: value },
    ]),
  );
  const { values } = parseArgs({
    options: { ...options, help: { type: 'boolean', short: 'h', default: false } },
  });
  const flags = Object.fromEntries(Object.keys(options).map((name) => [name, Number(values[name])]));
  for (const [name, value] of Object.entries(flags))
    if (!(value >= 0)) throw new RangeError(`--${name}: expected a number, got ${values[name]}`);
  return { ...flags, help: values.help };
}

/** Addresses that the page and the catalogue name. */
async function addresses(client) {
  const { body } = await client.send('/');
  const assets = [
    '/',
    ...[...String(body).matchAll(/(?:src|href)="\/?((?:assets|icon)[^"]+)"/g)].map(([, path]) => `/${path}`),
  ];
  const { models } = JSON.parse((await client.send('/api/models')).body);
  const files = models.flatMap(({ versions }) => versions.map(({ url }) => url));
  const wasm = readdirSync('dist/server/public/wasm').filter((name) => name.endsWith('.wasm'));
  return { assets, files: [...files, ...wasm.map((name) => `/wasm/${name}`)] };
}

/** Counts of what was asked and answered. */
class Tally {
  good = {};
  hostile = {};
  faults = [];

  count(table, name, what) {
    const row = (table[name] ??= {});
    row[what] = (row[what] ?? 0) + 1;
  }

  fault(line) {
    if (this.faults.length < FAULTS_KEPT) this.faults.push(line);
  }
}

async function sendGood(context, tally, source) {
  const { name, send } = pick(GOOD, source());
  const wrong = await send(context, source()).catch((error) => error.message);
  tally.count(tally.good, name, wrong === undefined ? 'ok' : 'failed');
  if (wrong !== undefined) tally.fault(`${name}: ${wrong}`);
}

async function sendHostile(context, tally, source) {
  const { name, send, slow } = pick(HOSTILE, source());
  const answered = send(context, source()).then(
    (status) => {
      tally.count(tally.hostile, name, status === 0 ? 'closed' : status);
      if (status !== 0 && (status < 400 || status >= 500))
        tally.fault(`hostile, ${name}: expected 4xx, got ${status}`);
    },
    (error) => tally.count(tally.hostile, name, error.code ?? error.message),
  );
  if (!slow) return answered;
  context.slow.add(answered);
  void answered.finally(() => context.slow.delete(answered));
  return context.slow.size > MOST_SLOW ? answered : undefined;
}

const measure = (pid) => ({
  rss_bytes: residentBytes(pid),
  threads: threadCount(pid),
  descriptors: descriptorCount(pid),
});

/** Many clients, each with one request after another. */
async function load(context, tally, { requests, hostile, seed, clients }) {
  const source = randomOf(seed);
  const samples = [];
  let sent = 0;
  const every = Math.max(1, Math.floor(requests / SAMPLES));
  const work = async () => {
    while (sent < requests) {
      if (++sent % every === 0) samples.push(measure(context.pid));
      await (source() < hostile ? sendHostile : sendGood)(context, tally, source);
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
  await Promise.all(context.slow);
  return samples;
}

/** Waits for what still runs, and looks at what is left. */
async function checkEnd({ client, pid, data, hostileJobs }, tally, before) {
  const listed = async () => JSON.parse((await client.send('/api/jobs')).body).jobs;
  for (let i = 0; i < 300 && (await listed()).some(({ state }) => /queued|running/.test(state)); i++)
    await delay(1000);
  const jobs = await listed();
  const states = Object.groupBy?.(jobs, ({ state }) => state) ?? {};
  for (const { id, state } of jobs.filter(({ id: each }) => hostileJobs.includes(each)))
    if (state === 'done') tally.fault(`hostile model: expected its job ${id} to fail, got ${state}`);
  client.close();
  await delay(3000);
  const known = new Set(jobs.map(({ id }) => id));
  for (const name of readdirSync(join(data, 'jobs'))) {
    if (!known.has(name)) tally.fault(`expected no folder but of known jobs, got ${name}`);
    const left = readdirSync(join(data, 'jobs', name)).filter(
      (file) => !/^(job|result|recipe)\.json$|^model\.lop$|^report\.html$/.test(file),
    );
    if (left.length > 0) tally.fault(`job ${name}: expected nothing left behind, got ${left.join(', ')}`);
  }
  for (const child of descendants(pid)) tally.fault(`expected no process left, got ${commandOf(child)}`);
  const after = measure(pid);
  if (after.descriptors > before.descriptors + 4)
    tally.fault(`descriptors: expected ${before.descriptors}, got ${after.descriptors}`);
  return {
    kept: jobs.length,
    states: Object.keys(states),
    descriptors: { before: before.descriptors, after: after.descriptors },
  };
}

async function soak(flags) {
  const data = mkdtempSync(join(tmpdir(), 'lopper-soak-'));
  const server = await startServer(data);
  const client = new Client(server.url);
  const tally = new Tally();
  try {
    while ((await client.send('/readyz')).status !== 200) await delay(100);
    const dense = 'models/mnist-cnn/dense';
    const model = Object.fromEntries(
      readdirSync(dense).map((name) => [name, readFileSync(join(dense, name))]),
    );
    const context = {
      client,
      pid: server.pid,
      data,
      model,
      jobs: [],
      hostileJobs: [],
      etags: new Map(),
      slow: new Set(),
    };
    Object.assign(context, await addresses(client));
    const before = measure(server.pid);
    const begin = Date.now();
    const samples = await load(context, tally, flags);
    const seconds = (Date.now() - begin) / 1000;
    const left = await checkEnd(context, tally, before);
    const stopped = await server.stop();
    const { figures, grew } = summarize(samples);
    for (const name of grew) tally.fault(`${name} grew`);
    if (stopped.exit !== 0) tally.fault(`SIGTERM: expected exit code 0, got ${stopped.exit}`);
    for (const line of server.complaints.slice(0, 5)) tally.fault(`stderr: ${line.slice(0, 300)}`);
    const { requests, seed, clients } = flags;
    const rate = Math.round(requests / seconds);
    const { good, hostile, faults } = tally;
    return {
      requests,
      seed,
      clients,
      seconds,
      requests_per_second: rate,
      figures,
      good,
      hostile,
      left,
      stopped,
      faults,
    };
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

await runCommand(HELP, readFlags, soak);
