import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { writeLop } from '../../src/format/index.js';
import { load as loadInBrowser } from '../../src/runtime/index.js';
import { load, LopperError } from '../../src/runtime/node.js';
import { runReference } from '../../src/reference/run.js';
import { random } from '../helpers/random.js';
import { readBuild } from '../assembly/harness.js';
import { linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';

const r = random();
const graph = oneNode(
  'dense',
  [tensor('x', [20], 'f32', r)],
  {},
  linearWeights({ dtype: 'f32', kernel: [4, 20] }, r),
  {
    dtype: 'f32',
  },
);
graph.metadata = { labels: ['a', 'b', 'c', 'd'] };
const file = writeLop(graph);
const input = randomValues(graph.tensors.get('x')!, r);
const [want] = runReference(graph, [input]);
const wasm = new URL('../../dist/wasm/lopper-simd128-full.wasm', import.meta.url);

async function answers(t: Test, what: string, model: Awaited<ReturnType<typeof load>>): Promise<void> {
  const [got] = model.run(input);
  t.ok(
    want.every((value, i) => Math.abs(value - got[i]) < 1e-4),
    `${what} gives the reference's scores`,
  );
}

t.test('sources', async (t) => {
  const path = join(t.testdir(), 'model.lop');
  writeFileSync(path, file);
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/model.lop' ? 200 : 404;
    response.end(file);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sources = {
    bytes: file,
    'an ArrayBuffer': new Uint8Array(file).buffer,
    'a response': new Response(new Uint8Array(file)),
    'a path': path,
    'a file: URL': pathToFileURL(path),
    'a file: address': pathToFileURL(path).href,
    'an http address': `${address}model.lop`,
    'an http URL': new URL('model.lop', address),
  };
  for (const [what, source] of Object.entries(sources)) await answers(t, what, await load(source));
  await answers(
    t,
    "the browser's entry",
    await loadInBrowser(`${address}model.lop`, { wasm: readBuild('simd128-full') }),
  );
  await t.rejects(load(`${address}other.lop`), {
    code: 'fetch',
    message: /other\.lop: expected status 200, got 404/,
  });
  await t.rejects(load(join(path, 'none')), { code: 'read', message: /expected a readable file/ });
  await t.rejects(load('http://127.0.0.1:9/model.lop'), {
    code: 'fetch',
    message: /check address and network/,
  });
  await t.rejects(load(7 as never), { name: 'TypeError', message: /source: expected bytes/ });
});

t.test('options', async (t) => {
  await answers(
    t,
    'a compiled module',
    await load(file, { module: new WebAssembly.Module(readBuild('simd128-full')) }),
  );
  await answers(t, 'a wasm URL', await load(file, { build: 'simd128', wasm }));
  await answers(t, 'a wasm address', await load(file, { build: 'simd128', wasm: wasm.href }));
  await answers(t, 'threads', await load(file, { threads: 4 }));
  for (const build of ['simd128', 'relaxed-simd'] as const) {
    const model = await load(file, { build });
    t.equal(model.build, build);
    await answers(t, build, model);
  }
  await t.rejects(load(file, { threads: 0 }), { name: 'RangeError', message: /threads: expected .* got 0/ });
  await t.rejects(load(file, { batch: 0 }), { name: 'RangeError', message: /batch: expected .* got 0/ });
  await t.rejects(load(file, { build: 'avx' as never }), {
    name: 'RangeError',
    message: /build: expected .* got 'avx'/,
  });
  await t.rejects(load(file, { module: {} as never }), { name: 'TypeError', message: /module: expected/ });
  await t.rejects(load(file, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await t.rejects(load(file, { build: 'simd128', wasm: new URL('none.wasm', wasm) }), { code: 'read' });
});

t.test('core and full build', async (t) => {
  const core = new WebAssembly.Module(readBuild('simd128'));
  await t.rejects(load(file, { module: core }), { code: 'build', message: /larger build/ });
  const x = tensor('x', [20], 'i8', r);
  const weights = linearWeights({ dtype: 'i8', kernel: [4, 20] }, r);
  const int8 = oneNode('dense', [x], {}, weights, linearOutput(x, 10, r));
  const values = randomValues(x, r);
  const model = await load(writeLop(int8), { module: core });
  t.same([...model.run(values as Int8Array)[0]], [...runReference(int8, [values])[0]]);
});

t.test('skipZeros: the full build, whose programs are columns; the same bits', async (t) => {
  const x = tensor('x', [40], 'i8', r);
  const weights = linearWeights({ dtype: 'i8', kernel: [16, 40] }, r);
  const bytes = writeLop(oneNode('dense', [x], {}, weights, linearOutput(x, 20, r)));
  const values = Int8Array.from({ length: 40 }, (_, i) =>
    i % 3 === 0 ? r.int(-128, 127) : x.quantization!.zeroPoint,
  );
  const [core, skipping] = [
    await load(bytes, { build: 'simd128' }),
    await load(bytes, { build: 'simd128', skipZeros: true }),
  ];
  t.same([...skipping.run(values)[0]], [...core.run(values)[0]]);
  t.equal(skipping.profile(1)[0].unpackedBytes, 128 + 16 * 40);
  t.not(core.profile(1)[0].unpackedBytes, 128 + 16 * 40);
});

t.test('the build of all operators, where neither core nor full build has them', async (t) => {
  const graph = oneNode('erf', [tensor('x', [9], 'f32', r)], {}, {}, { dtype: 'f32' });
  const x = randomValues(graph.tensors.get('x')!, r) as Float32Array;
  const [want] = runReference(graph, [x]);
  for (const options of [{}, { build: 'simd128' }, { threads: 2 }, { batch: 1 }] as const) {
    const model = await load(writeLop(graph), options);
    t.equal(model.threads, 1, 'there is none with threads');
    const [got] = model.run(x);
    t.ok(
      want.every((y, i) => Math.abs(y - got[i]) <= 2 ** -20),
      JSON.stringify(options),
    );
    model.dispose();
  }
  const unknown = oneNode('erf', [tensor('x', [9], 'f32', r)], {}, {}, { dtype: 'f32' });
  unknown.nodes[0].op = 'attention';
  await t.rejects(load(writeLop(unknown)), { code: 'operator' });
});

t.test('auto takes relaxed SIMD where a file gains by it', async (t) => {
  const x = tensor('x', [6, 6, 8], 'i8', r);
  const first = linearWeights({ dtype: 'i8', kernel: [8, 1, 1, 8] }, r);
  const attributes = { activation: 'relu' };
  const output = { dtype: 'i8', quantization: { scale: 0.25, zeroPoint: 0 } } as const;
  const graph = oneNode('conv2d', [x], attributes, first, output);
  const values = randomValues(x, r) as Int8Array;
  const [want] = runReference(graph, [values]);
  const builds = [
    [undefined, 'simd128'],
    [7, 'relaxed-simd'],
  ] as const;
  for (const [activationBits, build] of builds) {
    const model = await load(writeLop({ ...graph, metadata: activationBits ? { activationBits } : {} }));
    t.equal(model.build, build);
    t.same([...model.run(values)[0]], [...want]);
    model.dispose();
  }
});

t.test('broken files', async (t) => {
  await t.rejects(load(file.slice(0, 50)), {
    name: 'LopperError',
    code: 'length',
    message: /expected \d+ bytes, got 50; download/,
  });
  await t.rejects(load(new Uint8Array(100)), { code: 'magic', message: /give a \.lop file/ });
  await t.rejects(load(new Uint8Array(0)), { code: 'truncated' });
  const future = { ...graph, nodes: [{ ...graph.nodes[0], op: 'attention' }] };
  await t.rejects(load(writeLop(future)), { code: 'operator', message: /node 0 'node' \(attention\)/ });
  const error = await load(file.slice(0, 50)).catch((cause: unknown) => cause);
  t.type(error, LopperError);
});
