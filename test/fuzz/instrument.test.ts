/** The counters that guide the search: right, and of no other influence. */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
// @ts-expect-error scripts are JavaScript
import { instrumentTs } from '../../scripts/fuzz/instrument-ts.mjs';
// @ts-expect-error scripts are JavaScript
import { instrumentWasm } from '../../scripts/fuzz/instrument-wasm.mjs';
import { random, SEED } from '../helpers/random.js';
import { Coverage } from './coverage.js';
import { Corpus, pack, unpack } from './corpus.js';
import { mutateLop } from './lop/mutate.js';
import { seedFiles } from './lop/seeds.js';
import { Wasm } from './lop/wasm.js';

/** Runs `source` with its counters; how often each edge was taken. */
function countsOf(source: string): { counts: number[]; words: string[] } {
  const words: string[] = [];
  let edges = 0;
  const code = instrumentTs(
    source,
    'x.ts',
    () => edges++,
    (word: string) => words.push(word),
  );
  const counters = new Uint8Array(edges);
  // eslint-disable-next-line no-new-func
  new Function('lopperEdges', code)(counters);
  return { counts: [...counters].sort(), words };
}

t.test('every branch of TypeScript has its counter', async (t) => {
  const counts = (source: string): number[] => countsOf(source).counts;
  t.same(
    counts('if (Math.sin(0) > 1) { let a: number = 1; } else Math.sin(1);'),
    [0, 1, 1],
    'if, else, behind',
  );
  t.same(counts('for (let i = 0; i < 3; i++) Math.sin(i);'), [1, 3], 'rounds, behind');
  t.same(
    counts('const f = (x: number) => (x > 1 ? 1 : 2); f(0); f(1); f(2);'),
    [1, 2, 3],
    'both arms, the function',
  );
  t.same(counts('const a = Math.sin(0) || 7; const b = Math.cos(0) && a; const c = b ?? 1;'), [0, 1, 1]);
  t.same(counts('try { throw 1; } catch { Math.sin(1); }'), [1]);
  t.same(counts('switch (Number("2")) { case 1: break; case 2: break; default: }'), [0, 0, 1]);
  t.same(counts('class A { m() { return 1; } get g() { return 2; } } new A().m();'), [0, 1]);
});

t.test('the texts that sources compare with are known', async (t) => {
  t.same(countsOf("const a = Math.sin(0) as unknown; if (a === 'conv2d') Math.sin(1);").words, ['conv2d']);
});

const path = new URL('../../dist/wasm/lopper-simd128-all.wasm', import.meta.url);
const skip = existsSync(path) ? false : 'dist/wasm is not built: npm run build:wasm';

t.test(`a build with counters does what it does without (SEED=${SEED})`, { skip }, async (t) => {
  const build = new Uint8Array(readFileSync(path));
  const { module, edges } = instrumentWasm(build) as { module: Uint8Array<ArrayBuffer>; edges: number };
  const coverage = new Coverage(new Uint8Array(edges));
  const [seed] = seedFiles();
  const [plain, counted] = [new Wasm(build, seed), new Wasm(module, seed, coverage.counters)];
  t.equal(counted.goodOutput, plain.goodOutput, 'the same outputs');
  const r = random();
  const files = seedFiles();
  const pool = { words: [], pick: () => r.pick(files) };
  const mutated = Array.from({ length: 1000 }, () => mutateLop(r.pick(files), r, pool));
  for (const file of [...files, ...mutated]) {
    t.equal(counted.read(file).code, plain.read(file).code);
    coverage.look();
  }
  t.ok(coverage.edges > edges / 2, `${coverage.edges} of ${edges} edges`);
});

t.test('what is new: an edge, a class of counts', async (t) => {
  const coverage = new Coverage(new Uint8Array(3));
  const looks = (counts: number[]): boolean => {
    coverage.counters.set(counts);
    return coverage.look();
  };
  t.equal(looks([0, 0, 0]), false);
  t.equal(looks([1, 0, 0]), true);
  t.equal(looks([1, 0, 0]), false);
  t.equal(looks([5, 0, 0]), true, 'another class');
  t.equal(looks([7, 0, 0]), false, 'the same class');
  t.equal(looks([5, 255, 0]), true);
  t.equal(coverage.edges, 2);
  t.same([...coverage.features()], [3, 15], 'edge 0 with 4 to 7, edge 1 with 128 and more');
});

t.test(
  'a corpus is minimized to the smallest files that have its features, and packs to the same bytes',
  async (t) => {
    const corpus = new Corpus();
    const [large, small, other] = [9, 1, 4].map((length) => new Uint8Array(length));
    corpus.add(large, Uint32Array.of(1, 2));
    corpus.add(small, Uint32Array.of(1));
    corpus.add(other, Uint32Array.of(2));
    t.same(corpus.minimized(), [small, other]);
    t.same(pack([small, other]), pack([other, small]));
    t.same(new Set(unpack(pack([small, other]))), new Set([small, other]));
  },
);
