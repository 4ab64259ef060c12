/** `lopper-runtime/reference`: no tfjs, no WebAssembly, nothing of Node or of a page, and the same bits. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import ts from 'typescript';
import { writeLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { load } from '../../src/runtime/node.js';
import { growGraph } from '../assembly/growth.js';
import { randomValues } from '../assembly/models.js';
import { random, SEED } from '../helpers/random.js';
import { appWith, digits, giveDigit, heavyPath, lacks, ROOT, snippet, write } from './app.js';

const bundle = readFileSync(`${ROOT}dist/reference/lopper-reference.cjs`, 'utf8');
const MODELS = ['mnist-cnn', 'lenet-300-100', 'lenet-5'];
/** FORMAT.md, Arithmetic: of a softmax. */
const BOUND = 8 * 2 ** -24;

interface Golden {
  preprocessing: { scale: number; offset: number };
  samples: { pixels: number[]; scores: number[] }[];
}

/** What a program in the engine is given, and gives. */
interface Task {
  file: number[];
  /** For each run, for each input, its values. */
  runs: number[][][];
  kinds: ('Float32Array' | 'Int8Array')[];
}

/** In plain ES5 but for what it is given: the outputs of each run, as JSON, to `say`. */
const PROGRAM = `
  var lopper = {};
  (function (module, exports) { BUNDLE
  })({ set exports(it) { lopper = it; }, get exports() { return lopper; } }, lopper);
  function answer(task, say) {
    lopper.load(Uint8Array.from(task.file)).then(function (model) {
      say(JSON.stringify(task.runs.map(function (inputs) {
        var arrays = inputs.map(function (values, i) { return globalThis[task.kinds[i]].from(values); });
        return model.run.apply(model, arrays).map(function (y) { return Array.from(y); });
      })));
    }).catch(function (error) { say(JSON.stringify({ name: error.name, code: error.code, message: error.message })); });
  }`;

/** The standard library of an engine that has nothing else, and not all of that. */
const bare = createContext({});
runInContext(
  'for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics", "BigInt", "BigInt64Array", "BigUint64Array"]) delete globalThis[name];',
  bare,
);
runInContext(
  PROGRAM.replace('BUNDLE', () => bundle),
  bare,
);

function inBareEngine(task: Task): Promise<number[][][]> {
  return new Promise((resolve) => {
    const answer = runInContext('answer', bare) as (task: unknown, say: (text: string) => void) => void;
    const its = runInContext(`(${JSON.stringify(task)})`, bare) as unknown;
    answer(its, (text) => resolve(JSON.parse(text) as number[][][]));
  });
}

function golden(name: string): { task: Task; want: number[][] } {
  const { preprocessing, samples } = JSON.parse(
    readFileSync(`${ROOT}models/${name}/golden.json`, 'utf8'),
  ) as Golden;
  const { scale, offset } = preprocessing;
  const file = [...readFileSync(`${ROOT}models/${name}/model.lop`)];
  const runs = samples.map(({ pixels }) => [pixels.map((pixel) => pixel * scale + offset)]);
  return { task: { file, runs, kinds: ['Float32Array'] }, want: samples.map(({ scores }) => scores) };
}

function worst(got: number[][][], want: number[][]): number {
  return Math.max(...want.flatMap((scores, s) => scores.map((score, i) => Math.abs(score - got[s][0][i]))));
}

t.test('the bundle', async (t) => {
  t.notMatch(bundle, /tensorflow|WebAssembly|require\(|process\./);
  const gzip = gzipSync(bundle, { level: 9 }).length;
  t.comment(`${bundle.length} B, gzip ${gzip} B`);
  t.ok(gzip <= 24 * 1024, `${gzip} B`);
});

t.test('golden digits of all bundled models, in an engine without WebAssembly', async (t) => {
  t.equal(runInContext('typeof WebAssembly + typeof TextDecoder + typeof URL', bare), 'undefined'.repeat(3));
  for (const name of MODELS) {
    const { task, want } = golden(name);
    const difference = worst(await inBareEngine(task), want);
    t.ok(difference <= BOUND, `${name}: differs by ${difference}`);
  }
});

t.test('int8: the bits of the WebAssembly runtime', async (t) => {
  for (let i = 0; i < 12; i++) {
    const graph: Graph = growGraph(random(SEED + 7000 + i));
    const tensors = graph.inputs.map((name) => graph.tensors.get(name)!);
    const r = random(SEED + 8000 + i);
    const samples = [0, 1].map(() => tensors.map((tensor) => randomValues(tensor, r)));
    const file = writeLop(graph);
    const model = await load(file);
    const want = samples.map((sample) => model.run(...sample).map((y) => [...y]));
    const kinds = tensors.map(({ dtype }) => (dtype === 'i8' ? 'Int8Array' : 'Float32Array'));
    const runs = samples.map((sample) => sample.map((x) => [...x]));
    t.same(await inBareEngine({ file: [...file], runs, kinds }), want, `graph ${i}, SEED=${SEED}`);
  }
});

t.test('errors', async (t) => {
  const { task } = golden('lenet-5');
  const broken = { ...task, file: task.file.slice(0, 50) };
  t.match(await inBareEngine(broken), {
    name: 'LopperError',
    code: 'truncated',
    message: /write the file again/,
  });
  const short = { ...task, runs: [[[1, 2]]] };
  t.match(await inBareEngine(short), { name: 'RangeError', message: /expected 784 values/ });
});

t.test('Hermes', { skip: lacks('hermes-engine-cli') }, async (t) => {
  // Metro's Babel makes functions of classes and generators of async functions before Hermes sees them; so does this
  const { outputText } = ts.transpileModule(bundle, {
    compilerOptions: { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.None, downlevelIteration: true },
  });
  const app = t.testdir({});
  const { task, want } = golden('mnist-cnn');
  const two = { ...task, runs: task.runs.slice(0, 2) };
  const program = `${PROGRAM.replace('BUNDLE', () => outputText)}\nanswer(${JSON.stringify(two)}, print);`;
  write(app, 'program.js', program);
  const hermes = heavyPath('hermes-engine-cli/linux64-bin/hermes');
  const text = execFileSync(hermes, ['-O', '-w', 'program.js'], { cwd: app, encoding: 'utf8' });
  const difference = worst(JSON.parse(text) as number[][][], want.slice(0, 2));
  t.ok(difference <= BOUND, `differs by ${difference}`);
});

t.test('in Node, as the runtime', async (t) => {
  const app = appWith(t);
  for (const [name, from] of [
    ['app.mjs', "'lopper-runtime'"],
    ['app.cjs', "'lopper-runtime'"],
  ]) {
    const bytes = snippet(name)
      .replace(from, "'lopper-runtime/reference'")
      .replace("load('digits.lop')", "load(await readFile('digits.lop'))");
    write(app, name, bytes);
    for (const digit of digits.slice(0, 2)) {
      giveDigit(app, digit);
      const answer = execFileSync(process.execPath, [name], { cwd: app, encoding: 'utf8' });
      t.equal(answer.trim(), String(digit.label), name);
    }
  }
});

t.test('has what a Model has', async (t) => {
  const reference = await import('../../src/reference/portable.js');
  const file = readFileSync(`${ROOT}models/lenet-5/model.lop`);
  const model = await reference.load(file, { batch: 2 });
  const wasm = await load(file, { batch: 2 });
  t.same(model.inputs, wasm.inputs);
  t.same(model.outputs, wasm.outputs);
  t.same(model.metadata, wasm.metadata);
  const both = Float32Array.from([...digits[0].input, ...digits[1].input]);
  const [got] = model.run(both);
  const [want] = wasm.run(both);
  t.ok(
    want.every((score, i) => Math.abs(score - got[i]) <= BOUND),
    'a batch of two',
  );
  t.equal(model.run(both)[0], got, 'the same array each time');
  const facts = (profile: ReturnType<typeof model.profile>) =>
    profile.map(({ name, op, weights, kept }) => ({ name, op, weights, kept }));
  t.same(facts(model.profile(1)), facts(wasm.profile(1)));
  t.ok(model.memoryBytes > 0);
  model.dispose();
  t.throws(() => model.run(both), { code: 'disposed' });
  await t.rejects(reference.load(file, { batch: 0 }), { name: 'RangeError' });
  await t.rejects(reference.load(file, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
