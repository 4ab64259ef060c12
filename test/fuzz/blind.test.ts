import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { lopStatistics, readLop } from '../../src/format/index.js';
import { ops } from '../../src/ops/table.js';
import { random, SEED } from '../helpers/random.js';
import { compared } from './agreement.js';
import { blind } from './engines.js';
import { mutateLop } from './lop/mutate.js';
import { typescript } from './lop/reader.js';
import { seedFiles } from './lop/seeds.js';
import { Wasm } from './lop/wasm.js';
import { Session } from './session.js';
import type { Target } from './target.js';

/** What no file holds: docs/operators.md, "In files". */
const GRAPHS_ONLY =
  'batch_norm dropout pad2d transpose slice tile expand depth_to_space space_to_depth resize2d conv_transpose2d'.split(
    ' ',
  );

const build = new URL('../../dist/wasm/lopper-simd128-all.wasm', import.meta.url);

t.test('the seeds hold every encoding', async (t) => {
  const weights = seedFiles().flatMap((file) => lopStatistics(file).weights);
  const positions = new Set(weights.map((weight) => weight.positions));
  t.same([...positions].sort(), ['all', 'bitmap', 'gaps', 'modelled']);
  const values = new Set(
    weights.map(({ dtype, values, coding }) => `${dtype} ${values} ${coding.includes('values')}`),
  );
  const expected = [
    'f32 codebook false',
    'f32 codebook true',
    'f32 f16 false',
    'f32 f16 true',
    'f32 plain false',
    'f32 plain true',
    'i32 codebook false',
    'i32 i16 false',
    'i32 plain false',
    'i32 plain true',
    'i8 codebook false',
    'i8 codebook true',
    'i8 nibbles false',
    'i8 plain false',
    'i8 plain true',
  ];
  for (const encoding of expected) t.ok(values.has(encoding), encoding);
});

t.test('the seeds hold every operator of files', async (t) => {
  const held = new Set(seedFiles().flatMap((file) => readLop(file).nodes.map(({ op }) => op)));
  t.same(
    [...ops.keys()].filter((op) => !held.has(op)),
    GRAPHS_ONLY,
  );
});

t.test(`mutated files, TypeScript reader (SEED=${SEED})`, async (t) => check(t, typescript));

const skip = existsSync(build) ? false : 'dist/wasm is not built: npm run build:wasm';
t.test(`mutated files, WebAssembly reader (SEED=${SEED})`, { skip }, async (t) =>
  check(t, compared(new Wasm(new Uint8Array(readFileSync(build)), seedFiles()[0]))),
);

/** Mutated seeds, each read once, without coverage: whatever guides the search elsewhere cannot hide these. */
async function check(t: Tap, target: Target): Promise<void> {
  const session = new Session(target, undefined);
  const plan = { count: 4000, seconds: Infinity, random: random(), seeds: seedFiles(), mutate: mutateLop };
  await blind(session, { ...plan, words: [] });
  const { failures, outcomes } = session;
  t.same(failures, [], JSON.stringify(outcomes));
  t.ok(Object.keys(outcomes).length > 15, 'many ways to be refused');
  t.ok(outcomes.ok > 0, 'some are accepted');
  t.notOk(outcomes.build, 'the build has every operator');
}

type Tap = Pick<typeof t, 'same' | 'ok' | 'notOk'>;
