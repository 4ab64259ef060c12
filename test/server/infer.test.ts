import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { load } from '../../src/runtime/node.js';
import type { InferReply } from '../../src/server/api/schemas.js';
import type { Listening } from '../../src/server/listen.js';
import { f32, FOLDERS, makeModel, raw, serve } from './fixtures.js';

const BUNDLED = fileURLToPath(new URL('../../models/', import.meta.url));
const root = t.testdir(FOLDERS);
makeModel(join(root, 'models'), 'tiny');
let server: Listening;
let bundled: Listening;
t.before(async () => {
  server = await serve(root);
  bundled = await serve(root, { models: BUNDLED });
});
t.after(async () => {
  await server.close();
  await bundled.close();
});

const BYTES = { 'content-type': 'application/octet-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };

async function infer(query: string, body: BodyInit, headers: Record<string, string> = BYTES, at = server) {
  const response = await fetch(new URL(`/api/infer${query}`, at.url), { method: 'POST', body, headers });
  return { status: response.status, reply: (await response.json()) as InferReply & { error: string } };
}

t.test('f32 bytes, JSON and preprocessed bytes give what the runtime gives', async (t) => {
  const model = await load(join(root, 'models', 'tiny', 'model.lop'));
  const input = [1, -3, 5, 7];
  const expected = [...model.run(Float32Array.from(input))[0]];
  const order = [0, 1, 2].sort((a, b) => expected[b] - expected[a]);
  for (const [query, body, headers] of [
    ['?model=tiny', f32(...input), BYTES],
    ['?model=tiny&version=model', f32(...input), BYTES],
    ['', JSON.stringify({ model: 'tiny', input }), JSON_TYPE],
  ] as const) {
    const { status, reply } = await infer(query, body, headers);
    t.equal(status, 200);
    t.same(reply.outputs, [{ name: model.outputs[0].name, shape: [3], values: expected }]);
    t.same(
      reply.top,
      order.map((index) => ({ index, label: 'abc'[index], score: expected[index] })),
    );
    t.equal(reply.model, 'tiny');
    t.equal(reply.version, 'model');
    t.ok(reply.ms >= 0);
  }
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const scaled = [...model.run(Float32Array.from(bytes, (value) => 2 * value - 1))[0]];
  t.same((await infer('?model=tiny', bytes)).reply.outputs[0].values, scaled, 'scale 2, offset -1');
});

t.test('a digit of the bundled set is seen by each bundled network', async (t) => {
  const { gunzipSync } = await import('node:zlib');
  const images = gunzipSync(readFileSync(join(BUNDLED, 'data/mnist/t10k-images-idx3-ubyte.gz'))).subarray(16);
  const labels = gunzipSync(readFileSync(join(BUNDLED, 'data/mnist/t10k-labels-idx1-ubyte.gz'))).subarray(8);
  for (const name of ['mnist-cnn', 'lenet-300-100', 'lenet-5']) {
    let right = 0;
    for (let i = 0; i < 100; i++) {
      const digit = Uint8Array.from(images.subarray(784 * i, 784 * (i + 1)));
      const { reply } = await infer(`?model=${name}`, digit, BYTES, bundled);
      if (reply.top[0].label === String(labels[i])) right++;
    }
    t.ok(right >= 95, `${name}: ${right} of 100`);
  }
});

t.test('what does not fit is told, and what to send instead', async (t) => {
  const cases: [string, BodyInit, Record<string, string>, number, RegExp][] = [
    ['', f32(1), BYTES, 400, /^query.model: .*/],
    ['?model=none', f32(1), BYTES, 404, /expected one of GET \/api\/models, got none/],
    ['?model=tiny&version=none', f32(1), BYTES, 404, /version none/],
    ['?model=..%2fsecret', f32(1), BYTES, 400, /^query.model: a name/],
    ['?model=__proto__', f32(1), BYTES, 404, /got __proto__/],
    ['?model=tiny', f32(1, 2, 3), BYTES, 400, /expected 16 bytes \(f32\) or 4 \(0\.\.255\).*got 12/],
    ['?model=tiny', new Uint8Array(17), BYTES, 413, /at most 16 bytes, got 17/],
    ['?model=tiny', f32(NaN, 1, 1, 1), BYTES, 400, /finite/],
    ['?model=tiny', 'x', { 'content-type': 'text/plain' }, 415, /expected application\/octet-stream or/],
    ['', '{', JSON_TYPE, 400, /^body: expected JSON/],
    ['', '[]', JSON_TYPE, 400, /^body: /],
    ['', '{"model":"tiny","input":[1,2]}', JSON_TYPE, 400, /expected 4 numbers, got 2/],
    ['', '{"model":"tiny","input":[1,2,3,"4"]}', JSON_TYPE, 400, /body\.input\.3: .*number.*got '4'/],
    ['', '{"model":"tiny","input":[1,2,3,4],"__proto__":{"a":1}}', JSON_TYPE, 400, /__proto__|nrecognized/],
    [
      '',
      '{"model":"tiny","input":[1,2,3,4],"constructor":{"prototype":{"a":1}}}',
      JSON_TYPE,
      400,
      /constructor/,
    ],
  ];
  for (const [query, body, headers, status, message] of cases) {
    const { status: got, reply } = await infer(query, body, headers);
    t.equal(got, status, `${query} ${message}`);
    t.match(reply.error, message);
  }
  t.equal(({} as Record<string, unknown>)['a'], undefined, 'no prototype was touched');
  const broken = await infer('?model=broken', f32(1));
  t.equal(broken.status, 500, 'a broken file is the server’s fault');
});

t.test('a model that is replaced is used, one that is removed no more', async (t) => {
  makeModel(join(root, 'models'), 'changing', { labels: ['one', 'two', 'three'] });
  const label = async () => (await infer('?model=changing', f32(1, 2, 3, 4))).reply.top?.[0].label;
  t.match(await label(), /^(one|two|three)$/);
  makeModel(join(root, 'models'), 'changing', { labels: ['un', 'deux', 'trois'], more: 'bytes' });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.match(await label(), /^(un|deux|trois)$/);
  rmSync(join(root, 'models', 'changing'), { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal((await infer('?model=changing', f32(1, 2, 3, 4))).status, 404);
});

t.test('one client has a rate, and is told when it is over', async (t) => {
  const own = await serve(root, { limits: { inferPerMinute: 3 } });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await infer('?model=tiny', f32(1, 2, 3, 4), BYTES, own)).status);
  t.same(statuses, [200, 200, 200, 429, 429]);
  t.equal((await raw(own.port, '/api/models')).status, 200, 'the rest has a rate of its own');
  await own.close();
});

t.end();
