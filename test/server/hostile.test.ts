/** Clients that are bad, huge, slow or cut off, beside good ones: nobody else is harmed. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Listening } from '../../src/server/listen.js';
import { f32, FOLDERS, makeModel, raw, serve } from './fixtures.js';

const root = t.testdir(FOLDERS);
makeModel(join(root, 'models'), 'tiny');
let server: Listening;
t.before(async () => {
  server = await serve(root);
});
t.after(() => server.close());

const INFER = { 'content-type': 'application/octet-stream' };
const good = () =>
  fetch(new URL('/api/infer?model=tiny', server.url), {
    method: 'POST',
    body: f32(1, 2, 3, 4),
    headers: INFER,
  });

/** Writes what it is told, and collects what comes until the connection ends. */
function client(...parts: (string | Buffer)[]): { socket: Socket; ended: Promise<string> } {
  const socket = connect(server.port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  let heard = '';
  socket.on('data', (data) => (heard += data.toString()));
  socket.on('error', () => undefined);
  return { socket, ended: new Promise((resolve) => socket.on('close', () => resolve(heard))) };
}

const HEAD = 'POST /api/infer?model=tiny HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n';

t.test('slow, half and endless requests leave the good ones alone', async (t) => {
  const slow = Array.from({ length: 200 }, () =>
    client('POST /api/infer?model=tiny HTTP/1.1\r\nHost: x\r\n'),
  );
  const halves = Array.from({ length: 100 }, () => client(`${HEAD}Content-Length: 16\r\n\r\n1234`));
  const drip = setInterval(() => {
    for (const { socket } of slow) if (!socket.destroyed) socket.write('X-Drip: 1\r\n');
  }, 500);
  const endless = client(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `fffff\r\n${'x'.repeat(0xfffff)}\r\n`);
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const begin = performance.now();
    const response = await good();
    await response.text();
    t.equal(response.status, 200);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  t.ok(times[98] < 1000, `p99 ${times[98]} ms`);
  t.match(await endless.ended, /^HTTP\/1.1 413 /, 'a body that does not end is refused at once');
  const answers = await Promise.all(slow.map(({ ended }) => ended));
  clearInterval(drip);
  t.ok(
    answers.every((answer) => /^HTTP\/1.1 408 /.test(answer)),
    'headers that never end are cut off',
  );
  const cut = await Promise.all(halves.map(({ ended }) => ended));
  t.ok(
    cut.every((answer) => /^HTTP\/1.1 408 /.test(answer)),
    'and so are bodies',
  );
  t.equal((await good()).status, 200);
});

t.test('cut off in the middle of a body, or before the answer', async (t) => {
  for (let i = 0; i < 50; i++) {
    const { socket } = client(`${HEAD}Content-Length: 16\r\n\r\n`, Buffer.alloc(i % 16));
    await sleep(2);
    socket.destroy();
    const whole = client(`${HEAD}Content-Length: 16\r\n\r\n`, Buffer.alloc(16));
    whole.socket.destroy();
  }
  t.equal((await good()).status, 200);
});

t.test('what is no HTTP, floods of headers, bombs', async (t) => {
  t.match(await client('\x16\x03\x01 no http at all\r\n\r\n').ended, /^HTTP\/1.1 400 /);
  t.match(
    await client(`GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`).ended,
    /^HTTP\/1.1 431 /,
  );
  t.match(await client(`${HEAD}Content-Length: 99999999999\r\n\r\n`).ended, /^HTTP\/1.1 413 /);
  t.match(await client(`${HEAD}Content-Length: -1\r\n\r\n`).ended, /^HTTP\/1.1 400 /);
  t.match(
    await client(`${HEAD}Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`).ended,
    /^HTTP\/1.1 400 /,
    'smuggling',
  );
  const depth = 200_000;
  const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const headers = { 'content-type': 'application/json', 'content-length': String(nested.length) };
  const { status } = await raw(server.port, '/api/infer', { method: 'POST', headers }, nested);
  t.ok(status === 400 || status === 413, `nested: ${status}`);
  const zipped = { ...headers, 'content-encoding': 'gzip', 'content-length': '20' };
  t.equal(
    (await raw(server.port, '/api/infer', { method: 'POST', headers: zipped }, 'x'.repeat(20))).status,
    400,
  );
  t.equal((await good()).status, 200);
});

t.test('many at once are all answered', async (t) => {
  const statuses = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      const bad = i % 5 === 0;
      const body = bad ? f32(1, 2, 3) : f32(1, 2, 3, 4);
      const init = { method: 'POST', body, headers: INFER };
      const { status } = await fetch(new URL('/api/infer?model=tiny', server.url), init);
      return status === (bad ? 400 : 200);
    }),
  );
  t.ok(statuses.every(Boolean));
});

t.end();
