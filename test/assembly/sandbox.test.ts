/** What a host may lean on whatever it loads: nothing outside the instance is reached, and calls out of range are answered. */
import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import { LopperError } from '../../src/runtime/errors.js';
import { Model } from '../../src/runtime/model.js';
import { random } from '../helpers/random.js';
import { growGraph } from './growth.js';
import { BUILDS, readBuild, Runtime } from './harness.js';
import { randomValues } from './models.js';

const MAX = 0xffffffff;
/** Codes of docs/runtime.md, Errors. */
const [LENGTH, LIMIT, GROW, CALL] = [4, 26, 28, 30];

const graphOf = (seed: number) => growGraph(random(seed));
const file = writeLop(graphOf(1));
const inputsOf = (seed: number, of = graphOf(1)) =>
  of.inputs.map((name) => randomValues(of.tensors.get(name)!, random(seed)));
const OUTPUTS = graphOf(1).outputs.length;

/** The largest build without threads, with room for everything that the graphs hold. */
const runtime = (): Runtime => new Runtime('simd128-all');

t.test(
  'no build can name anything of its host: no imports but shared memory, no table, no start function',
  async (t) => {
    for (const build of [...BUILDS, 'simd128-threads', 'relaxed-simd-threads'] as const) {
      const module = new WebAssembly.Module(readBuild(build));
      const kinds = WebAssembly.Module.imports(module).map(({ kind }) => kind);
      t.same(kinds, build.includes('threads') ? ['memory'] : [], build);
      const exported = WebAssembly.Module.exports(module).filter(({ kind }) => kind !== 'function');
      t.same(exported, [{ name: 'memory', kind: 'memory' }], `${build}: functions and the memory`);
      t.same(WebAssembly.Module.customSections(module, 'name'), [], `${build}: no names of sources`);
    }
  },
);

t.test('calls before a load', async (t) => {
  const { exports } = runtime();
  t.equal(exports.run(0, -1), CALL);
  t.equal(exports.run(0, 0), CALL);
  for (const kind of [0, 1, 2, 3, 4, MAX]) t.equal(exports.describe(kind, 0), 0);
  t.equal(exports.load(0, 0, 1), LENGTH);
  t.equal(exports.load(MAX, MAX, MAX), LENGTH);
});

t.test('nodes and records out of range', async (t) => {
  const one = runtime();
  t.equal(one.load(file), 0);
  const nodes = graphOf(1).nodes.length;
  const [want] = [one.run(inputsOf(2), OUTPUTS)];
  for (const [first, last] of [
    [0, nodes + 1],
    [nodes + 1, -1],
    [2, 1],
    [-1, 1],
    [-2, -1],
    [0, -2],
    [MAX, MAX],
  ])
    t.equal(one.exports.run(first, last), CALL, `run(${first}, ${last})`);
  for (const [first, last] of [
    [0, nodes],
    [0, -1],
    [nodes, nodes],
    [0, 0],
  ])
    t.equal(one.exports.run(first, last), 0, `run(${first}, ${last})`);
  for (const kind of [0, 1, 2, 3, 7, MAX])
    for (const index of [nodes + 3, 1 << 16, 1 << 31, MAX]) t.equal(one.exports.describe(kind, index), 0);
  t.same(one.run(inputsOf(2), OUTPUTS), want, 'and the model is as it was');
});

t.test('room, batch and length out of range', async (t) => {
  const one = runtime();
  for (const bytes of [MAX, 1 << 31, 0xfffffff0]) {
    t.equal(one.exports.reserve(bytes), 0, `reserve(${bytes})`);
    t.equal(one.error().code, LIMIT);
    t.equal(one.exports.load(0, bytes, 1), LENGTH, 'what was not given cannot be loaded');
  }
  t.equal(one.load(file, 65537), LIMIT);
  t.equal(one.load(file, MAX), LIMIT);
  t.equal(one.load(file), 0, 'usable after all that');
});

t.test('a failed load leaves the instance usable', async (t) => {
  const one = runtime();
  one.load(file);
  const want = one.run(inputsOf(3), OUTPUTS);
  const r = random(4);
  for (let i = 0; i < 200; i++) {
    const broken = file.slice();
    for (let count = r.int(1, 9); count > 0; count--) broken[r.int(0, broken.length - 1)] ^= 1 << r.int(0, 7);
    t.not(one.load(broken), 0, 'a file that fails its checksum');
    t.equal(one.exports.run(0, -1), CALL, 'has no model');
  }
  t.equal(one.load(file), 0);
  t.same(one.run(inputsOf(3), OUTPUTS), want);
});

t.test('two models in two instances of one module share nothing', async (t) => {
  const module = new WebAssembly.Module(readBuild('simd128-all'));
  const seeds = [1, 5, 9];
  const files = seeds.map((seed) => writeLop(graphOf(seed)));
  const own = seeds.map((seed, i) => {
    const alone = new Model(new WebAssembly.Instance(module), files[i], undefined);
    return alone.run(...inputsOf(6, graphOf(seed))).map((values) => values.slice());
  });
  const models = files.map((bytes) => new Model(new WebAssembly.Instance(module), bytes, undefined));
  for (let round = 0; round < 5; round++)
    for (const [i, model] of models.entries())
      t.same(
        model.run(...inputsOf(6, graphOf(seeds[i]))).map((values) => values.slice()),
        own[i],
      );
  models[0].dispose();
  t.same(
    models[1].run(...inputsOf(6, graphOf(5))).map((values) => values.slice()),
    own[1],
    'nor the end',
  );
});

/** The build with `pages` of 64 KiB as its memory's maximum: `05 size | 01 memories | 00 flags, 01 minimum` becomes `.. | 01 flags, 01, maximum`. */
function limited(pages: number): WebAssembly.Module {
  const bytes = [...readBuild('simd128-all')];
  let at = 8;
  while (bytes[at] !== 5) {
    let size = 0;
    for (let shift = 0, byte = 128; byte >= 128; shift += 7) size |= ((byte = bytes[++at]) & 127) << shift;
    at += 1 + size;
  }
  const [, , memories, flags, minimum] = bytes.slice(at, at + 5);
  bytes.splice(at, 5, 5, 4, memories, flags | 1, minimum, pages);
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

t.test('where memory cannot grow, there is an error and no trap', async (t) => {
  const codes = new Set<number>();
  for (let pages = 1; pages < 64; pages++) {
    const one = new Runtime('simd128-all', limited(pages));
    const ptr = one.exports.reserve(file.length);
    const code = ptr === 0 ? one.error().code : one.load(file, 40);
    codes.add(code);
    if (code === 0) continue;
    t.equal(code, GROW, `${pages} pages`);
    t.equal(one.exports.run(0, -1), CALL);
    const small = writeLop(growGraph(random(2)));
    if (one.load(small) === 0) t.equal(one.exports.run(0, -1), 0, 'what fits still loads and runs');
  }
  t.same([...codes], [GROW, 0], 'too little, then enough');
});

t.test('a run that the engine breaks off ends the model, and says so', async (t) => {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readBuild('simd128-all')));
  const model = new Model(instance, file, undefined);
  const inputs = inputsOf(7);
  model.run(...inputs);
  // Somebody who holds the instance writes over programs and offsets: the one way to a trap there is.
  const { memory } = instance.exports as { memory: WebAssembly.Memory };
  new Uint32Array(memory.buffer).fill(0x7ffffff0, 64);
  const error = t.throws(() => model.run(...inputs), LopperError) as unknown as LopperError;
  t.match(error, { code: 'trap', message: /load it again/ });
  t.match(error.cause, WebAssembly.RuntimeError);
  t.throws(() => model.run(...inputs), { code: 'disposed' });
});
