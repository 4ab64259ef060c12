/** Whole pieces of work that are killed: real commands, with recipes whose every stage takes a share of the time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RECIPE, writeData, writeModel } from '../cli/cli.js';

export interface Subject {
  name: string;
  command: 'compress' | 'search';
  /** Arguments after the command, but for `-o` and what resumes. */
  args: readonly string[];
}

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** How much is trained. */
interface Size {
  /** Samples an epoch. */
  samples: number;
  epochs: number;
  batch: number;
}

/** Prunes on a schedule, recovers with a teacher, trains in int8. */
const trained = ({ samples, epochs, batch }: Size): object => ({
  name: 'trained',
  prune: { sparsity: 0.7, schedule: { type: 'polynomial', end: epochs - 1, frequency: 4 } },
  recover: {
    epochs,
    batch,
    subset: { samples },
    optimizer: { type: 'adam', learningRate: 0.002 },
    distill: { temperature: 2, weight: 0.5 },
  },
  quantize: {
    weights: { bits: 5, per: 'tensor' },
    activations: { samples: 64 },
    train: {
      epochs: Math.ceil(epochs / 2),
      batch,
      subset: { samples },
      optimizer: { type: 'adam', learningRate: 0.0005 },
    },
  },
});

/** Prunes in one shot, weights that stay take up what went, and trains after it. */
const oneShot = ({ samples, epochs, batch }: Size): object => ({
  name: 'one-shot',
  prune: { scope: 'global', sparsity: 0.5, update: { method: 'sparsegpt', samples: 64 } },
  recover: { epochs, batch, subset: { samples } },
  quantize: { activations: { samples: 64 }, refine: { samples: 32 } },
});

const searched = (size: Size): object => ({
  recipe: { ...trained(size), quantize: {}, storage: { names: 'numbers' } },
  bound: { accuracy: { least: 0.3 } },
  space: { layers: { '*': { sparsity: [0, 0.4, 0.8] } } },
  strategy: { type: 'evolution', population: 3 },
  trials: 5,
  trial: { epochs: Math.ceil(size.epochs / 2) },
  final: { rounds: 1, candidates: 1 },
  validation: { samples: 60 },
});

/** A search of the tiny network in a few trials of `epochs`, without more training of what it found. */
export const fewTrials = (epochs: number): object => ({
  recipe: { ...RECIPE, quantize: {} },
  bound: { accuracy: { least: 0.1 } },
  space: { layers: { '*': { sparsity: [0, 0.4, 0.8] } } },
  trials: 5,
  trial: { epochs },
  final: { rounds: 0 },
  validation: { samples: 60 },
});

interface Place {
  folder: string;
  model: string;
  data: string;
  size: Size;
}

function subjectsOf({ folder, model, data, size }: Place): Subject[] {
  const write = (name: string, json: object): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(json));
    return path;
  };
  const common = [model, '--data', data, '--limit', '100'];
  const compress = (name: string, recipe: object, ...more: string[]): Subject => ({
    name,
    command: 'compress',
    args: [...common, '--recipe', write(`${name}.json`, recipe), ...more],
  });
  const search = write('search.json', searched(size));
  return [
    compress('one thread', trained(size)),
    compress('two threads', trained(size), '--workers', '2'),
    compress('one shot', oneShot(size)),
    { name: 'search', command: 'search', args: [...common, '--search', search, '--workers', '1'] },
  ];
}

/** On a network of 188 weights and drawn squares: a second or two each. */
export function tinySubjects(folder: string): Subject[] {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, 'quadrants');
  writeData(data, 512, 60);
  const model = writeModel(join(folder, 'model'));
  return subjectsOf({ folder, model, data, size: { samples: 256, epochs: 6, batch: 16 } });
}

/** On the bundled LeNet-300-100 and its digits. */
export function bundledSubjects(folder: string): Subject[] {
  mkdirSync(folder, { recursive: true });
  const model = inRepository('models/lenet-300-100/dense/model.json');
  const data = inRepository('models/data/mnist');
  return subjectsOf({ folder, model, data, size: { samples: 256, epochs: 4, batch: 64 } });
}
