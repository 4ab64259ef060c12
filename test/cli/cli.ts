/** The built command line as a child process, and small models and data for it. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { random, type Random } from '../helpers/random.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface StartOptions {
  cwd?: string;
  env?: Record<string, string>;
}

export interface Started {
  result: Promise<Result>;
  /** The first text on stdout; rejects where the process ends without any. */
  firstOutput: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `lopper ...args`; stderr and stdout are pipes, so no bars are drawn. `env` comes beside this process' own. */
export function start(args: readonly string[], { cwd, env }: StartOptions = {}): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const result = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
  const firstOutput = new Promise<string>((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('close', (code) => reject(new Error(`exit code ${code} without output: ${texts.stderr}`)));
  });
  firstOutput.catch(() => undefined); // most callers wait for the result only
  return { result, firstOutput, kill: (signal) => void child.kill(signal) };
}

export const lopper = (...args: string[]): Promise<Result> => start(args).result;

const SIDE = 8;
const CLASSES = 4;

/** An image of one class: its quadrant is bright, all is noisy. */
function sample(label: number, source: Random): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const quadrant = 2 * Number(i >= 32) + Number(i % SIDE >= 4);
    return source.int(0, 90) + (quadrant === label ? 120 : 0);
  });
}

function idx(dims: number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.writeUInt32BE(0x800 + dims.length, 0);
  dims.forEach((dim, i) => header.writeUInt32BE(dim, 4 + 4 * i));
  return Buffer.concat([header, bytes]);
}

/** Writes a labelled set of four easy classes, idx files. */
export function writeData(folder: string, train = 512, test = 100): void {
  const source = random();
  mkdirSync(folder, { recursive: true });
  for (const [name, count] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, () => source.int(0, CLASSES - 1));
    const images = Buffer.concat(Array.from(labels, (label) => sample(label, source)));
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), idx([count, SIDE, SIDE], images));
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels));
  }
}

const layer = (class_name: string, config: object) => ({
  class_name,
  config: { trainable: true, ...config },
});

/** The layers of the tiny model, in tfjs' JSON. */
export const LAYERS = [
  layer('Conv2D', {
    name: 'conv',
    filters: 4,
    kernel_size: [3, 3],
    strides: [1, 1],
    padding: 'valid',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'relu',
    use_bias: true,
    batch_input_shape: [null, SIDE, SIDE, 1],
    dtype: 'float32',
  }),
  layer('MaxPooling2D', {
    name: 'pool',
    pool_size: [2, 2],
    strides: [2, 2],
    padding: 'valid',
    data_format: 'channels_last',
  }),
  layer('Flatten', { name: 'flatten' }),
  layer('Dense', { name: 'scores', units: CLASSES, activation: 'softmax', use_bias: true }),
];

const WEIGHTS: [string, number[]][] = [
  ['conv/kernel', [3, 3, 1, 4]],
  ['conv/bias', [4]],
  ['scores/kernel', [36, CLASSES]],
  ['scores/bias', [CLASSES]],
];

/** Writes an untrained tfjs layers-model of 188 weights; `layers` and `weights` replace what a test breaks. */
export function writeModel(
  folder: string,
  broken: { layers?: object[]; weights?: Float32Array } = {},
): string {
  const source = random();
  mkdirSync(folder, { recursive: true });
  const count = WEIGHTS.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const weights = broken.weights ?? Float32Array.from({ length: count }, () => 0.3 * source.normal());
  const manifest = WEIGHTS.map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'tiny', layers: broken.layers ?? LAYERS },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  };
  writeFileSync(join(folder, 'weights.bin'), weights);
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(json));
  return path;
}

/** A recipe that a second or two carry out. */
export const RECIPE = {
  name: 'tiny',
  prune: { criterion: 'magnitude', sparsity: 0.5, schedule: { type: 'polynomial', frequency: 5 } },
  recover: { epochs: 8, batch: 16, optimizer: { type: 'adam', learningRate: 0.01 } },
  quantize: {},
};
