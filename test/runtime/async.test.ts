/** `loadWorker`: the results of `load`, off the calling thread; order, signals, errors, the end. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import { answering } from '../../src/runtime/async/answer.js';
import { loadWorkerWith } from '../../src/runtime/async/load.js';
import type { Reply } from '../../src/runtime/async/messages.js';
import { loadWorker, LopperError } from '../../src/runtime/async/node.js';
import type { Port } from '../../src/runtime/async/port.js';
import { load } from '../../src/runtime/node.js';
import { linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';
import { random } from '../helpers/random.js';

const r = random();
const x = tensor('x', [16, 16, 8], 'i8', r);
const file = writeLop(
  oneNode('conv2d', [x], {}, linearWeights({ dtype: 'i8', kernel: [8, 1, 1, 8] }, r), linearOutput(x, 8, r)),
);
const inputs = [0, 1, 2, 3, 4].map(() => randomValues(x, r) as Int8Array<ArrayBuffer>);
const model = await load(file);
const want = inputs.map((input) => [model.run(input)[0].slice()]);

t.test('the model, and runs in their order', async (t) => {
  const worker = await loadWorker(file);
  t.teardown(() => worker.dispose());
  t.ok(worker.offThread);
  t.same(worker.inputs, model.inputs);
  t.same(worker.outputs, model.outputs);
  t.same([worker.threads, worker.batch, worker.metadata], [1, 1, {}]);
  const done: number[] = [];
  const answers = await Promise.all(
    inputs.map(async (input, i) => {
      const answer = await worker.runAsync(i % 2 ? input : [input]);
      done.push(i);
      return answer;
    }),
  );
  t.same(answers, want);
  t.same(done, [0, 1, 2, 3, 4]);
  const [node] = await worker.profile(2);
  t.match(node, { name: 'node', op: 'conv2d', weights: 64 });
});

t.test('inputs are copied when they are given, or handed over', async (t) => {
  const worker = await loadWorker(file);
  t.teardown(() => worker.dispose());
  const kept = inputs[0].slice();
  const run = worker.runAsync(kept);
  kept.fill(0);
  t.same(await run, want[0], 'what was there at the call');
  const large = new Int8Array(3 * kept.length);
  large.set(inputs[1], kept.length);
  const middle = large.subarray(kept.length, 2 * kept.length);
  t.same(await worker.runAsync(middle), want[1], 'a part of an array');
  const given = inputs[2].slice();
  t.same(await worker.runAsync(given, { transfer: true }), want[2]);
  t.equal(given.length, 0, 'its memory is gone');
  const shared = new Int8Array(new SharedArrayBuffer(kept.length));
  shared.set(inputs[3]);
  for (const transfer of [false, true])
    t.same(await worker.runAsync(shared as Int8Array, { transfer }), want[3], 'shared memory');
});

t.test('signals', async (t) => {
  const worker = await loadWorker(file);
  t.teardown(() => worker.dispose());
  const late = new AbortController();
  const reason = new Error('another frame is newer');
  const runs = inputs.map((input, i) => worker.runAsync(input, i === 3 ? { signal: late.signal } : {}));
  late.abort(reason);
  const settled = await Promise.allSettled(runs);
  t.same(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  t.equal((settled[3] as PromiseRejectedResult).reason, reason);
  t.same((settled[4] as PromiseFulfilledResult<unknown>).value, want[4]);
  await t.rejects(worker.runAsync(inputs[0], { signal: AbortSignal.abort(reason) }), reason);
  await t.rejects(loadWorker(file, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const loading = new AbortController();
  const broken = loadWorker(file, { signal: loading.signal });
  loading.abort(reason);
  await t.rejects(broken, reason);
});

t.test('errors keep their class, code and message', async (t) => {
  const broken = await loadWorker(file.slice(0, 50)).catch((error: unknown) => error);
  t.type(broken, LopperError);
  t.match(broken, { code: 'length', message: /expected \d+ bytes, got 50/ });
  await t.rejects(loadWorker('/nowhere/model.lop'), { code: 'read' });
  await t.rejects(loadWorker(7 as never), { name: 'TypeError', message: /source: expected bytes/ });
  await t.rejects(loadWorker(file, { batch: 0 }), { name: 'RangeError', message: /batch: expected/ });
  const worker = await loadWorker(file);
  t.teardown(() => worker.dispose());
  await t.rejects(worker.runAsync(new Float32Array(4)), { name: 'TypeError', message: /expected Int8Array/ });
  await t.rejects(worker.runAsync(new Int8Array(4)), { name: 'RangeError', message: /expected 2048 values/ });
  await t.rejects(worker.runAsync([]), { name: 'RangeError', message: 'inputs: expected 1, got 0' });
  await t.rejects(worker.runAsync([(() => {}) as never]), { name: 'DataCloneError' });
  await t.rejects(worker.profile(0), { name: 'RangeError' });
  t.same(await worker.runAsync(inputs[0]), want[0], 'and it runs on');
});

t.test('dispose rejects what is not done', async (t) => {
  const worker = await loadWorker(file);
  const runs = inputs.map((input) => worker.runAsync(input));
  worker.dispose();
  worker.dispose();
  for (const run of runs) await t.rejects(run, { name: 'LopperError', code: 'disposed' });
  await t.rejects(worker.runAsync(inputs[0]), { code: 'disposed' });
});

t.test('options: batch, module, wasm, threads', async (t) => {
  const both = new Int8Array(2 * inputs[0].length);
  both.set(inputs[0]);
  both.set(inputs[1], inputs[0].length);
  const wasm = new URL('../../dist/wasm/lopper-simd128.wasm', import.meta.url);
  const module = await WebAssembly.compileStreaming(
    new Response(await (await import('node:fs/promises')).readFile(wasm), {
      headers: { 'Content-Type': 'application/wasm' },
    }),
  );
  for (const more of [{}, { wasm }, { wasm: wasm.href }, { module }, { threads: 2 }]) {
    const worker = await loadWorker(file, { batch: 2, ...more });
    t.equal(worker.threads, 'threads' in more ? 2 : 1);
    t.same([...(await worker.runAsync(both))[0]], [...want[0][0], ...want[1][0]], Object.keys(more).join());
    worker.dispose();
  }
});

t.test('the calling thread, where no worker starts', async (t) => {
  const worker = await loadWorker(file, { worker: '/nowhere/worker.js' });
  t.notOk(worker.offThread);
  const answers = await Promise.all(inputs.map((input) => worker.runAsync(input)));
  t.same(answers, want);
  await t.rejects(worker.runAsync(new Int8Array(4)), { name: 'RangeError' });
  worker.dispose();
  await t.rejects(worker.runAsync(inputs[0]), { code: 'disposed' });
});

t.test('a worker that is lost', async (t) => {
  let lose = (_: unknown): void => {};
  const openPort = async (listener: {
    reply(reply: Reply): void;
    lost(cause: unknown): void;
  }): Promise<Port> => {
    lose = listener.lost.bind(listener);
    const answer = answering(load, (reply) => listener.reply(reply));
    const send: Port['send'] = (order) => void (order.do === 'load' && answer(order));
    return { offThread: true, send, busy: () => {}, end: () => {} };
  };
  const worker = await loadWorkerWith({ load, openPort, absolute: String }, file);
  const runs = [0, 1, 2].map((i) => worker.runAsync(inputs[i]));
  lose(new Error('out of memory'));
  for (const run of [...runs, worker.runAsync(inputs[0])])
    await t.rejects(run, { code: 'worker', message: /got: out of memory; load the model again/ });
});

t.test('an idle worker does not keep a process alive, a busy one does', async (t) => {
  const path = join(t.testdir(), 'model.lop');
  writeFileSync(path, file);
  const entry = new URL('../../dist/runtime/async/node.js', import.meta.url).href;
  const script = `
    import { loadWorker } from '${entry}';
    const model = await loadWorker(${JSON.stringify(path)});
    model.runAsync(new Int8Array(${inputs[0].length})).then(([y]) => console.log(y.length));`;
  const args = ['--input-type=module', '--eval', script];
  t.equal(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 }).trim(), '2048');
});
