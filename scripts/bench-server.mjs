// Load on /api/infer: many keep-alive clients, each with one request after another, against a server in a process of its own.
//   node scripts/bench-server.mjs [--connections 1000] [--seconds 30] [--model lenet-300-100] [--body f32|bytes] [--json]
// Ends with 1 where a request failed, the 99th percentile is over 250 ms, or memory grows.
import autocannon from 'autocannon';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    model: { type: 'string', default: 'lenet-300-100' },
    body: { type: 'string', default: 'f32' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);

/** The target: docs/server.md. */
const P99_MS = 250;
/** Of the least memory, from the middle third to the last. */
const GROWTH = 1.15;
/** Every connection open, every code path compiled. */
const WARM_UP_SECONDS = 3;

/** The first digit of the bundled test set. */
function digit() {
  const pixels = gunzipSync(readFileSync('models/data/mnist/t10k-images-idx3-ubyte.gz')).subarray(
    16,
    16 + 784,
  );
  return values.body === 'bytes' ? pixels : Buffer.from(Float32Array.from(pixels, (p) => p / 255).buffer);
}

/** Resident bytes; 0 where the system does not tell. */
function resident(pid) {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return 0;
  }
}

/** Processor time that a process took so far, in ms; Linux counts in hundredths of a second. */
function processorMs(pid) {
  try {
    const [, fields] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const [user, system] = fields.split(' ').slice(11, 13);
    return 10 * (Number(user) + Number(system));
  } catch {
    return 0;
  }
}

async function start(data) {
  const options = ['--port', '0', '--data', data, '--json'];
  const server = spawn(process.execPath, ['dist/cli/main.js', 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const line of createInterface(server.stdout)) {
    text += line;
    if (line === '}') return { server, url: JSON.parse(text).url };
  }
  throw new Error('the server ended before it listened');
}

async function ready(url) {
  for (let i = 0; i < 300; i++) {
    if ((await fetch(new URL('readyz', url))).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server is not ready after 30 s');
}

/** The least of each third of the time: garbage collection makes a sawtooth, and what stays is at its feet. */
function thirds(samples) {
  const third = Math.ceil(samples.length / 3);
  const [start, middle, end] = [0, 1, 2].map((i) => Math.min(...samples.slice(i * third, (i + 1) * third)));
  return { start, middle, end, most: Math.max(...samples) };
}

const load = (url, duration) =>
  autocannon({
    url: new URL(`api/infer?model=${values.model}`, url).href,
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: digit(),
    connections: Number(values.connections),
    duration,
    timeout: 10,
  });

async function measure({ server, url }) {
  await ready(url);
  await load(url, WARM_UP_SECONDS);
  const samples = [];
  const before = processorMs(server.pid);
  const watch = setInterval(() => samples.push(resident(server.pid)), 250);
  const result = await load(url, seconds);
  clearInterval(watch);
  return { result, memory: thirds(samples), processor: processorMs(server.pid) - before };
}

const data = mkdtempSync(join(tmpdir(), 'lopper-load-'));
const running = await start(data);
try {
  const { result, memory, processor } = await measure(running);
  const failed = result.errors + result.timeouts + result.non2xx;
  const figures = {
    model: values.model,
    connections: result.connections,
    seconds: result.duration,
    body_bytes: digit().length,
    requests: result.requests.total,
    requests_per_second: Math.round(result.requests.average),
    failed,
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
    max_ms: result.latency.max,
    // of the server; what a busy machine leaves to it shows in requests_per_second
    processor_us_per_request: Math.round((1000 * processor) / result.requests.total),
    rss_mb: Object.fromEntries(
      Object.entries(memory).map(([at, bytes]) => [at, Math.round(bytes / 2 ** 20)]),
    ),
  };
  const missed = [
    failed > 0 && `${failed} requests failed`,
    figures.p99_ms > P99_MS && `p99 is ${figures.p99_ms} ms, not at most ${P99_MS}`,
    memory.end > memory.middle * GROWTH && 'memory grew',
  ].filter(Boolean);
  if (values.json) console.log(JSON.stringify({ ...figures, missed }, null, 2));
  else console.table({ ...figures, rss_mb: Object.values(figures.rss_mb).join(' ') });
  for (const line of missed) console.error(`missed: ${line}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  running.server.kill('SIGTERM');
  await new Promise((resolve) => running.server.once('exit', resolve));
  rmSync(data, { recursive: true, force: true });
}
