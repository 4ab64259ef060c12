/**
 * Cost of one 1x1 convolution as its work grows: against density, and against pixels. `node dist/bench/density.js [--json]
 * [--channels N] [--build simd128|relaxed-simd] [--rounds N]`. Times are the convolution's alone, as the profile has it, without
 * quantizing its input; all sizes take turns, so that a noisy moment touches all of them alike.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { load, type Model } from '../runtime/node.js';
import { quantile } from './latency.js';
import { allowBuild, countOf, oneOf, runMain } from './main.js';
import { makeVariant, randomInput } from './synthetic/index.js';

const DENSITIES = [1, 0.5, 0.25, 0.1, 0.05, 0.02];
const BLOCKS = [
  [1, 1],
  [2, 2],
  [4, 2],
] as const;
const SIDES = [7, 14, 28, 56];
/** Of the rows against density, and of the density against pixels. */
const SIDE = 28;
const DENSITY = 0.1;
/** The range for an even cost a kept weight. */
const EVEN = { most: 0.5, least: 0.05 };
/** Each sample is the mean of as many runs as take about this long, in ms. */
const SAMPLE_MS = 4;

interface Case {
  block: string;
  density: number;
  side: number;
}

interface DensityRow extends Case {
  kept: number;
  ms: number;
  /** Nanoseconds a kept weight. */
  ns_per_kept: number;
  /** Nanoseconds a thousand multiply-adds of kept weights. */
  ns_per_thousand: number;
  gops: number;
}

interface Prepared extends Case {
  model: Model;
  runs: number;
  samples: number[];
}

/** Median time of the only convolution, over `runs` runs. */
function convolution(model: Model, runs: number) {
  return model.profile(runs).find(({ op }) => op === 'conv2d')!;
}

async function prepare(of: Case, channels: number, build: 'simd128' | 'relaxed-simd'): Promise<Prepared> {
  const [rows, columns] = of.block.split('x').map(Number);
  const variant = { dtype: 'int8', sparsity: 1 - of.density, block: [rows, columns] } as const;
  const { bytes } = makeVariant(`pointwise-${channels}-${of.side}`, variant, 1);
  const model = await load(bytes, { build });
  model.run(randomInput(of.side * of.side * channels, 1));
  convolution(model, 200); // lets the compiler tier up
  const runs = Math.max(1, Math.ceil(SAMPLE_MS / convolution(model, 20).ms));
  return { ...of, model, runs, samples: [] };
}

async function measure(
  cases: readonly Case[],
  channels: number,
  build: 'simd128' | 'relaxed-simd',
  rounds: number,
): Promise<DensityRow[]> {
  const all: Prepared[] = [];
  for (const of of cases) all.push(await prepare(of, channels, build));
  for (let round = 0; round < rounds; round++)
    for (const { model, runs, samples } of all) samples.push(convolution(model, runs).ms);
  return all.map(({ block, density, side, model, samples }) => {
    const { kept, multiplyAdds } = convolution(model, 1);
    const ms = quantile(samples, 0.5);
    model.dispose();
    return {
      block,
      density,
      side,
      kept,
      ms,
      ns_per_kept: (1e6 * ms) / kept,
      ns_per_thousand: (1e9 * ms) / multiplyAdds,
      gops: (2 * multiplyAdds) / ms / 1e6,
    };
  });
}

/** How far the dearest kept weight is above the cheapest, over the densities of `EVEN`: 0.1 is 10 %. */
function spread(rows: readonly DensityRow[]): number {
  const costs = rows
    .filter(({ density }) => density <= EVEN.most && density >= EVEN.least)
    .map(({ ns_per_kept }) => ns_per_kept);
  return Math.max(...costs) / Math.min(...costs) - 1;
}

const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const cells = (first: string, { ms, kept, ns_per_kept, ns_per_thousand, gops }: DensityRow): string[] => [
  first,
  String(kept),
  (1000 * ms).toFixed(1),
  ns_per_kept.toPrecision(3),
  ns_per_thousand.toPrecision(3),
  gops.toFixed(1),
];

const COLUMNS = ['kept', 'µs', 'ns a kept weight', 'ns a thousand multiply-adds', 'GOP/s'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      channels: { type: 'string', default: '1024' },
      build: { type: 'string', default: 'simd128' },
      rounds: { type: 'string', default: '15' },
    },
  });
  const channels = countOf('channels', values.channels);
  const rounds = countOf('rounds', values.rounds);
  const build = oneOf('build', values.build, ['simd128', 'relaxed-simd']);
  allowBuild(build);
  const blocks = BLOCKS.map((block) => block.join('x'));
  const cases = blocks.flatMap((block) => [
    ...DENSITIES.map((density) => ({ block, density, side: SIDE })),
    ...SIDES.filter((side) => side !== SIDE).map((side) => ({ block, density: DENSITY, side })),
  ]);
  const rows = await measure(cases, channels, build, rounds);
  const ofBlock = (block: string) => rows.filter((row) => row.block === block);
  const byDensity = (block: string) => ofBlock(block).filter(({ side }) => side === SIDE);
  const byPixels = (block: string) =>
    ofBlock(block)
      .filter(({ density }) => density === DENSITY)
      .sort((a, b) => a.side - b.side);
  const spreads = blocks.map((block) => ({ block, spread: spread(byDensity(block)) }));
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
  if (values.json)
    console.log(
      JSON.stringify({ machine, engine: `node ${process.version}`, build, channels, results: rows, spreads }),
    );
  else {
    console.log(
      `${machine}, node ${process.version}, ${build}; 1x1 convolution, ${channels} to ${channels} channels`,
    );
    for (const block of blocks) {
      const even = (100 * spreads.find((one) => one.block === block)!.spread).toFixed(1);
      console.log(
        `\nblock ${block}, ${SIDE}x${SIDE} pixels; a kept weight costs within ${even} % from density 0.5 to 0.05\n`,
      );
      console.log(
        markdown(
          ['density', ...COLUMNS],
          byDensity(block).map((row) => cells(String(row.density), row)),
        ),
      );
      console.log(`\nblock ${block}, density ${DENSITY}\n`);
      console.log(
        markdown(
          ['pixels', ...COLUMNS],
          byPixels(block).map((row) => cells(String(row.side ** 2), row)),
        ),
      );
    }
  }
}

await runMain(main);
