/** Damaged model.json files: an ImportError that says what is wrong, in bounded time and memory; never another error. */
import t from 'tap';
import { importModel, ImportError } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { random, SEED, type Random } from '../../helpers/random.js';
import {
  convolutionCases,
  elementwiseCases,
  matrixCases,
  reductionCases,
  shapeCases,
  slicingCases,
} from './cases.js';
import { sourceOf, type SmallGraph } from './graphs.js';

t.comment(`SEED=${SEED}`);

const COUNT = 2000;
const r = random();

/** model.json of a graph, its weights in it as the bytes that a reader beside it gives. */
function filesOf(small: SmallGraph): { text: string; weights: Uint8Array } {
  const { modelTopology, weightSpecs, weightData } = sourceOf(small);
  const json = {
    format: 'graph-model',
    modelTopology,
    weightsManifest: [{ paths: ['w'], weights: weightSpecs }],
  };
  return { text: JSON.stringify(json), weights: new Uint8Array(weightData as ArrayBuffer) };
}

const SMALL = [
  elementwiseCases,
  convolutionCases,
  matrixCases,
  () => reductionCases(),
  shapeCases,
  slicingCases,
]
  .flatMap((cases) => cases(r))
  .map(filesOf);

const BYTES = SMALL.map(({ text }) => new TextEncoder().encode(text));

type Outcome = 'imported' | ImportError['code'];

/** Imports the damaged file; throws what is no ImportError. */
async function outcome(bytes: Uint8Array, weights: Uint8Array): Promise<Outcome> {
  const fetch = async (address: string | URL | Request): Promise<Response> =>
    new Response(String(address).endsWith('.json') ? new Uint8Array(bytes) : new Uint8Array(weights));
  try {
    checkGraph(await importModel('https://models.test/model.json', { fetch }));
    return 'imported';
  } catch (error) {
    if (error instanceof ImportError && error.message.length > 0) return error.code;
    throw error;
  }
}

async function run(
  t: Tap,
  damage: (text: Uint8Array, r: Random) => Uint8Array,
): Promise<Map<Outcome, number>> {
  const counts = new Map<Outcome, number>();
  let slowest = 0;
  for (let i = 0; i < COUNT; i++) {
    const which = r.int(0, SMALL.length - 1);
    const damaged = damage(BYTES[which], r);
    const started = performance.now();
    const found = await outcome(damaged, SMALL[which].weights).catch((error: Error) => {
      t.fail(`case ${i}: ${error.stack}\n${new TextDecoder().decode(damaged)}`);
      return 'json' as const;
    });
    slowest = Math.max(slowest, performance.now() - started);
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  t.ok(slowest < 2000, `slowest took ${slowest} ms`);
  t.comment([...counts].map(([code, count]) => `${code} ${count}`).join(', '));
  return counts;
}

type Tap = typeof t;

t.test('truncated', async (t) => {
  const counts = await run(t as Tap, (bytes, random) => bytes.subarray(0, random.int(0, bytes.length - 1)));
  t.same([...counts.keys()], ['json']);
});

t.test('bits flipped', async (t) => {
  const counts = await run(t as Tap, (bytes, random) => {
    const copy = bytes.slice();
    for (let flips = random.int(1, 3); flips > 0; flips--) {
      copy[random.int(0, copy.length - 1)] ^= 1 << random.int(0, 6);
    }
    return copy;
  });
  t.ok(counts.get('json')! > 0 && counts.size > 2);
});

/** Numbers in the place of numbers, and names in the place of names: JSON as good as before. */
t.test('other numbers and names', async (t) => {
  const numbers = [
    '0',
    '-1',
    '1',
    '7',
    '1e9',
    '2147483647',
    '-9007199254740993',
    '1.5',
    '1e400',
    'null',
    '[]',
    '""',
    '"x"',
    'true',
  ];
  const counts = await run(t as Tap, (bytes, random) => {
    const text = new TextDecoder().decode(bytes);
    const pattern = random.next() < 0.7 ? /"?-?\d+(\.\d+)?"?/g : /"[^"]*"(?!:)/g;
    const places = [...text.matchAll(pattern)];
    const place = random.pick(places);
    const other = random.next() < 0.6 ? random.pick(numbers) : random.pick(places)[0];
    return new TextEncoder().encode(
      text.slice(0, place.index) + other + text.slice(place.index + place[0].length),
    );
  });
  t.ok(counts.get('imported')! > 0 && counts.get('shape')! > 0 && counts.get('layer')! > 0);
});
