/** `load(..., { threads })`: any number of threads gives the same bits as the plain reference, and as one thread. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import t, { type Test } from 'tap';
import { writeLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { load, LopperError } from '../../src/runtime/node.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
// switches relaxed SIMD on
import { readBuild } from '../assembly/harness.js';
import { growGraph } from '../assembly/growth.js';
import { graphOf, linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';
import { difference, floatNodes, join, type Sample } from './samples.js';

const r = random(SEED + 2000);
/** From which nodes are split (assembly/session.ts). */
const WORTH = 131072;

function samplesOf(graph: Graph, batch: number): Sample[] {
  return Array.from({ length: batch }, () =>
    graph.inputs.map((name) => randomValues(graph.tensors.get(name)!, r)),
  ) as Sample[];
}

/** Several runs, as who claims what differs from run to run. */
async function runsAre(
  t: Test,
  what: string,
  file: Uint8Array,
  inputs: Sample,
  want: Sample,
  options: NonNullable<Parameters<typeof load>[1]>,
): Promise<number> {
  const model = await load(file, options);
  t.equal(model.threads, options.threads, what);
  for (let run = 0; run < 4; run++)
    t.equal(difference(model.run(...inputs), want), '', `${what}, run ${run}, SEED=${SEED}`);
  const split = model.profile(1).filter(({ multiplyAdds }) => multiplyAdds * model.batch >= WORTH);
  t.equal(difference(model.run(...inputs), want), '', `${what}, after a profile, SEED=${SEED}`);
  model.dispose();
  return split.length;
}

t.test('functions of one and two numbers in planes, by several threads', async (t) => {
  for (const dtype of ['f32', 'i8'] as const) {
    const x = tensor('x', [40, 40, 24], dtype, r);
    const v = tensor('v', [24], dtype, r);
    const weights = linearWeights({ dtype, kernel: [24, 1, 1, 24] }, r);
    const output = linearOutput(x, 24, r);
    const table = { name: '', shape: [256], dtype: 'i8' as const, block: [1, 1] as [number, number] };
    const data = Int8Array.from({ length: 256 }, () => r.int(-128, 127));
    const function1 =
      dtype === 'f32' ? { op: 'sigmoid' } : { op: 'lookup', weights: { table: { ...table, data } } };
    const graph = graphOf(
      [x, v],
      [
        { name: 'c', op: 'conv2d', inputs: ['x'], weights, output },
        { name: 'f', inputs: ['c'], output, ...function1 },
        { name: 'm', op: 'mul', inputs: ['v', 'f'], output },
        { name: 's', op: 'add', inputs: ['m', 'c'], output },
        { name: 'j', op: 'concat', inputs: ['s', 'f'], attributes: { axis: 2 }, output },
      ],
    );
    const file = writeLop(graph);
    const inputs = join(samplesOf(graph, 2));
    const one = await load(file, { batch: 2, build: 'simd128' });
    const want = one.run(...inputs).map((y) => y.slice()) as Sample;
    one.dispose();
    for (const threads of [2, 3])
      await runsAre(t, `${dtype}, ${threads} threads`, file, inputs, want, {
        threads,
        batch: 2,
        build: 'simd128',
      });
  }
});

t.test('random int8 graphs', async (t) => {
  let split = 0;
  for (let i = 0; i < 24; i++) {
    const graph = growGraph(random(SEED + 3000 + i), 4);
    const threads = 2 + (i % 3);
    const build = i % 4 === 3 ? 'relaxed-simd' : 'simd128';
    const batch = [1, 1, 2, 3, 5][i % 5];
    const samples = samplesOf(graph, batch);
    const want = join(samples.map((sample) => runReference(graph, sample) as Sample));
    const what = `graph ${i}: ${graph.nodes.map(({ op }) => op).join(' ')}; ${build}, threads ${threads}, batch ${batch}`;
    split += await runsAre(t, what, writeLop(graph), join(samples), want, { build, threads, batch });
  }
  t.ok(split > 24, `${split} nodes were large enough to be split`);
});

t.test('a large batch of small graphs', async (t) => {
  for (let i = 0; i < 6; i++) {
    const graph = growGraph(random(SEED + 4000 + i));
    const samples = samplesOf(graph, 64);
    const want = join(samples.map((sample) => runReference(graph, sample) as Sample));
    await runsAre(t, `graph ${i}`, writeLop(graph), join(samples), want, { threads: 2 + (i % 3), batch: 64 });
  }
});

t.test('layers of f32 give the sums of one thread', async (t) => {
  let count = 0;
  for (const [what, graph] of floatNodes(r)) {
    for (const batch of [1, 3]) {
      const threads = 2 + (count++ % 3);
      const file = writeLop(graph);
      const inputs = join(samplesOf(graph, batch));
      const want = (await load(file, { batch })).run(...inputs).map((values) => values.slice());
      const options = { threads, batch };
      await runsAre(t, `${what}, batch ${batch}, threads ${threads}`, file, inputs, want, options);
    }
  }
});

/** A convolution that is worth splitting. */
const x = tensor('x', [32, 32, 16], 'i8', r);
const graph = oneNode(
  'conv2d',
  [x],
  {},
  linearWeights({ dtype: 'i8', kernel: [32, 1, 1, 16] }, r),
  linearOutput(x, 16, r),
);
const file = writeLop(graph);
const input = randomValues(x, r) as Int8Array;
const want = runReference(graph, [input]);

t.test('several models at once, and after idle time', async (t) => {
  const models = await Promise.all([2, 3, 1].map((threads) => load(file, { threads })));
  t.same(
    models.map(({ threads }) => threads),
    [2, 3, 1],
  );
  for (let round = 0; round < 5; round++) {
    for (const model of models) t.same(model.run(input), want);
    await new Promise((done) => setTimeout(done, 20));
  }
  for (const model of models) model.dispose();
});

t.test('idle threads do not burn the processor', async (t) => {
  const model = await load(file, { threads: 3 });
  model.run(input);
  await new Promise((done) => setTimeout(done, 50));
  const before = process.cpuUsage();
  await new Promise((done) => setTimeout(done, 400));
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 100_000, `${user + system} us of processor in 400 ms`);
  model.dispose();
});

t.test('dispose', async (t) => {
  const model = await load(file, { threads: 2 });
  model.run(input);
  model.dispose();
  model.dispose();
  t.throws(() => model.run(input), { code: 'disposed' });
});

t.test('one thread where more cannot be had', async (t) => {
  const alone = async (what: string, options: NonNullable<Parameters<typeof load>[1]>): Promise<void> => {
    const model = await load(file, { ...options, threads: 4 });
    t.equal(model.threads, 1, what);
    t.same(model.run(input), want, what);
  };
  await alone('a module of the host', { module: new WebAssembly.Module(readBuild('simd128')) });
  await alone('bytes of the host', { build: 'simd128', wasm: readBuild('simd128') });
  const { SharedArrayBuffer: kept } = globalThis;
  t.teardown(() => Object.assign(globalThis, { SharedArrayBuffer: kept }));
  Object.assign(globalThis, { SharedArrayBuffer: undefined });
  await alone('no SharedArrayBuffer', {});
  Object.assign(globalThis, { SharedArrayBuffer: kept, crossOriginIsolated: false });
  await alone('a page that is not isolated', {});
  Reflect.deleteProperty(globalThis, 'crossOriginIsolated');
  const model = await load(file, { threads: 1000 });
  t.equal(model.threads, 16, 'more bring nothing');
  t.same(model.run(input), want);
  model.dispose();
});

async function refusal(bytes: Uint8Array, threads: number): Promise<string> {
  return ((await load(bytes, { threads }).catch((error: unknown) => error)) as LopperError).message;
}

t.test('errors are those of one thread', async (t) => {
  for (const bad of [file.slice(0, 50), new Uint8Array(100)])
    t.equal(await refusal(bad, 2), await refusal(bad, 1));
  await t.rejects(load('/nowhere/model.lop', { threads: 2 }), { code: 'read' });
  await t.rejects(load(file, { threads: 2, signal: AbortSignal.abort() }), { name: 'AbortError' });
  await t.rejects(load(file, { threads: 1.5 }), {
    name: 'RangeError',
    message: /threads: expected .* got 1.5/,
  });
});

t.test('a process with threads ends by itself', async (t) => {
  const path = joinPath(t.testdir(), 'model.lop');
  writeFileSync(path, file);
  const runtime = new URL('../../dist/runtime/node.js', import.meta.url).href;
  const script = `
    import { load } from '${runtime}';
    const model = await load(${JSON.stringify(path)}, { threads: 3 });
    model.run(new Int8Array(${input.length}));
    console.log(model.threads);`;
  const args = ['--input-type=module', '--eval', script];
  t.equal(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 }).trim(), '3');
});
