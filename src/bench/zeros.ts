/**
 * What skipping zero inputs brings: dense int8 layers of two networks, each alone, with and without `skipZeros`, against how many of
 * its inputs are zero. `node dist/bench/zeros.js [--json] [--densities 1,0.5] [--rounds N]`. All cases take turns, so that a noisy moment
 * touches all of them alike; the seed is fixed.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { writeLop, type LopModel } from '../format/index.js';
import { load, type Model } from '../runtime/node.js';
import { quantile } from './latency.js';
import { countOf, runMain, sparsityOf } from './main.js';
import { createRandom, type Random } from './synthetic/random.js';

/** Inputs and outputs of the layers whose inputs can be zero: the last layers give f32 scores, or nothing is behind a relu. */
const NETWORKS: Record<string, readonly (readonly [inputs: number, outputs: number])[]> = {
  'lenet-300-100': [
    [784, 300],
    [300, 100],
  ],
  'ad-autoencoder': [[640, 128], ...Array.from({ length: 3 }, () => [128, 128] as const), [128, 640]],
  'dense 1024': [[1024, 1024]],
};
const ZEROS = [0, 0.5, 0.7, 0.9];
const SEED = 1;
/** Each sample is the mean of as many runs as take about this long, in ms. */
const SAMPLE_MS = 0.3;
/** What of a case's samples is told: what they would take on a quiet machine. */
const QUANTILE = 0.05;
/** Zero of the inputs, as behind a relu. */
const ZERO_POINT = -128;

interface Case {
  network: string;
  inputs: number;
  outputs: number;
  /** Of the weights. */
  density: number;
  /** Share of the inputs that are zero. */
  zeros: number;
}

interface Row {
  network: string;
  density: number;
  zeros: number;
  us: number;
  us_skipping: number;
  /** How many times as fast. */
  ratio: number;
}

interface Prepared extends Case {
  models: Model[];
  runs: number;
  samples: number[][];
}

const tensor = (name: string, length: number, scale: number): LopModel['tensors'] => {
  const quantization = { scale, zeroPoint: ZERO_POINT };
  return new Map([[name, { name, shape: [length], dtype: 'i8', quantization }]]);
};

/** One dense layer with relu; weights kept at random. */
function layer({ inputs, outputs, density }: Case, random: Random): Uint8Array {
  const data = Int8Array.from({ length: inputs * outputs }, () =>
    random.next() < density ? 1 + Math.floor(random.next() * 126) : 0,
  );
  const scale = Float32Array.of(Math.fround(1 / 512));
  const block: [number, number] = [1, 1];
  const model: LopModel = {
    inputs: ['x'],
    outputs: ['y'],
    tensors: new Map([
      ...tensor('x', inputs, Math.fround(1 / 64)),
      ...tensor('y', outputs, Math.fround(1 / 4)),
    ]),
    weights: new Map([
      ['w', { name: 'w', shape: [outputs, inputs], dtype: 'i8', data, block }],
      ['s', { name: 's', shape: [1], dtype: 'f32', data: scale, block }],
    ]),
    nodes: [
      {
        name: 'y',
        op: 'dense',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { activation: 'relu' },
        weights: { kernel: 'w', scale: 's' },
      },
    ],
    metadata: {},
  };
  return writeLop(model);
}

function sample({ inputs, zeros }: Case, random: Random): Int8Array {
  return Int8Array.from({ length: inputs }, () =>
    random.next() < zeros ? ZERO_POINT : Math.floor(random.next() * 250) - 120,
  );
}

const timeOf = (model: Model, runs: number): number => model.profile(runs)[0].ms;

/** A model without and one with skipping; they have to say the same. */
async function prepare(of: Case): Promise<Prepared> {
  const random = createRandom(SEED);
  const file = layer(of, random);
  const input = sample(of, random);
  const models = [
    await load(file, { build: 'simd128' }),
    await load(file, { build: 'simd128', skipZeros: true }),
  ];
  const outputs = models.map((model) => model.run(input)[0].slice());
  if (String(outputs[0]) !== String(outputs[1]))
    throw new Error(`${of.inputs} to ${of.outputs}: skipping zeros gives other results`);
  for (const model of models) timeOf(model, 2000); // lets the compiler tier up
  const runs = Math.max(1, Math.ceil(SAMPLE_MS / timeOf(models[0], 50)));
  return { ...of, models, runs, samples: [[], []] };
}

async function measure(cases: readonly Case[], rounds: number): Promise<Row[]> {
  const all: Prepared[] = [];
  for (const of of cases) all.push(await prepare(of));
  for (let round = 0; round < rounds; round++)
    for (const { models, runs, samples } of all)
      models.forEach((model, i) => samples[i].push(timeOf(model, runs)));
  const rows = new Map<string, Row>();
  for (const { network, density, zeros, samples } of all) {
    const key = `${network} ${density} ${zeros}`;
    const row = rows.get(key) ?? { network, density, zeros, us: 0, us_skipping: 0, ratio: 0 };
    const [without, skipping] = samples.map((times) => 1000 * quantile(times, QUANTILE));
    const [us, us_skipping] = [row.us + without, row.us_skipping + skipping];
    rows.set(key, { ...row, us, us_skipping, ratio: us / us_skipping });
  }
  return [...rows.values()];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      densities: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '200' },
    },
  });
  const rounds = countOf('rounds', values.rounds);
  const densities = values.densities
    .split(',')
    .map((text) => 1 - sparsityOf('densities', String(1 - Number(text))));
  const cases = Object.entries(NETWORKS).flatMap(([network, layers]) =>
    densities.flatMap((density) =>
      ZEROS.flatMap((zeros) =>
        layers.map(([inputs, outputs]) => ({ network, inputs, outputs, density, zeros })),
      ),
    ),
  );
  const rows = await measure(cases, rounds);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
  if (values.json)
    return console.log(JSON.stringify({ machine, engine: `node ${process.version}`, results: rows }));
  console.log(`${machine}, node ${process.version}; dense int8 layers, 5 % quantile of ${rounds}\n`);
  console.log(
    '| layers of | density of weights | inputs that are zero | µs | µs, skipping | times as fast |',
  );
  console.log('|---|---:|---:|---:|---:|---:|');
  for (const { network, density, zeros, us, us_skipping, ratio } of rows)
    console.log(
      `| ${network} | ${Number(density.toFixed(3))} | ${100 * zeros} % | ${us.toFixed(2)} | ${us_skipping.toFixed(2)} | ${ratio.toFixed(2)}x |`,
    );
}

await runMain(main);
