/** Runs executors over a set's test samples: how often each is right, and how far they are apart. */
import type { FileEvaluator } from '../../compress/index.js';
import type { Preprocessing } from '../../preprocess/index.js';
import type { Batch, Dataset, Evaluation } from '../../train/index.js';
import { classesOf, DifferenceMeter, type Difference } from './difference.js';
import { openLopExecutor, type Executor, type Values } from './executor.js';

export interface Compared {
  /** One an executor; absent where the samples have no labels. */
  evaluations?: Evaluation[];
  /** Share of samples to which all executors give the same class, in [0, 1]. */
  agreement: number;
  /** Of each two. */
  differences: Difference[];
  count: number;
}

export interface EvaluateOptions {
  limit?: number;
  /** Added to the set's classes: 1 for a network whose class 0 is the background. */
  labelOffset?: number;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Samples of another size would be cut into nonsense. */
function checkFit({ name, inputShape }: Executor, data: Dataset): void {
  if (elements(inputShape) !== elements(data.inputShape))
    throw new RangeError(
      `${name}: expected samples of shape [${inputShape.join(', ')}], got [${data.inputShape.join(', ')}] of ${data.name}; choose another set with --data`,
    );
}

/** Classes beyond a network's outputs would be read from the next sample. */
function checkClasses(name: string, outputs: number, data: Dataset, offset: number): void {
  if (data.classes + offset > outputs || offset < 0)
    throw new RangeError(
      `${name}: expected at least ${data.classes + offset} outputs for the classes of ${data.name}, got ${outputs}; ` +
        'choose another set with --data, or another --label-offset',
    );
}

/** What an executor's samples become input by: its own, else the set's, laid out as its input. */
export async function preprocessingFor(
  { preprocessing, inputShape }: Pick<Executor, 'preprocessing' | 'inputShape'>,
  data: Dataset,
): Promise<Preprocessing> {
  const { layoutOf } = await import('../../preprocess/index.js');
  const own = preprocessing ?? data.preprocessing;
  return { ...own, layout: own.layout ?? layoutOf(inputShape) };
}

/** Batches for executors; those of the same preprocessing read each sample once. */
async function createFeed(
  executors: readonly Executor[],
  data: Dataset,
  split: Dataset['test'],
): Promise<{ batch: number; length: number; at(index: number): Promise<Batch[]> }> {
  const { Batcher, inferenceBatch } = await import('../../train/index.js');
  const { inputShape } = data;
  const batch = Math.min(128, inferenceBatch(inputShape));
  const batchers = new Map<string, InstanceType<typeof Batcher>>();
  const keys: string[] = [];
  for (const executor of executors) {
    const preprocessing = await preprocessingFor(executor, data);
    const key = JSON.stringify(preprocessing);
    if (!batchers.has(key)) batchers.set(key, new Batcher(split, { batch, preprocessing, inputShape }));
    keys.push(key);
  }
  return {
    batch,
    length: Math.ceil(split.count / batch),
    at: async (index) => {
      const read = new Map<string, Batch>();
      for (const [key, batcher] of batchers) read.set(key, await batcher.at(index));
      return keys.map((key) => read.get(key)!);
    },
  };
}

/** Every two of the executors, each pair once. */
function meters(executors: readonly Executor[]): { meter: DifferenceMeter; i: number; j: number }[] {
  return executors.flatMap((a, i) =>
    executors.slice(i + 1).map((b, k) => ({ meter: new DifferenceMeter(a.name, b.name), i, j: i + 1 + k })),
  );
}

/** Runs the executors over the test split, batch by batch. */
export async function evaluateExecutors(
  executors: readonly Executor[],
  data: Dataset,
  { limit, labelOffset = 0, onProgress, signal }: EvaluateOptions,
): Promise<Compared> {
  const { ScoreBoard, takeFirst } = await import('../../train/index.js');
  const { setImmediate } = await import('node:timers/promises');
  for (const executor of executors) checkFit(executor, data);
  const split = takeFirst(data.test, limit);
  const feed = await createFeed(executors, data, split);
  const boards = split.y && executors.map(() => new ScoreBoard());
  const pairs = meters(executors);
  let agreed = 0;
  for (let index = 0, done = 0; index < feed.length; index++) {
    signal?.throwIfAborted();
    const batches = await feed.at(index);
    const [{ count }] = batches;
    const found: Values[][] = [];
    for (const [i, executor] of executors.entries()) {
      const outputs = await executor.predict(batches[i].x, count);
      if (boards) {
        checkClasses(executor.name, outputs[0].length / count, data, labelOffset);
        boards[i].add(
          outputs[0],
          batches[i].y.map((label) => label + labelOffset),
        );
      }
      found.push(outputs);
    }
    for (const { meter, i, j } of pairs) meter.add(found[i], found[j], count);
    const classes = found.map(([scores]) => classesOf(scores, count));
    agreed += classes[0].filter((answer, i) => classes.every((other) => other[i] === answer)).length;
    done += count;
    onProgress?.(done, split.count);
    await setImmediate();
  }
  return {
    evaluations: boards?.map((board) => board.evaluation()),
    agreement: agreed / split.count,
    differences: pairs.map(({ meter }) => meter.difference()),
    count: split.count,
  };
}

/** Measures a file on the WebAssembly runtime: what `compress` is handed, so that every test sample counts. */
export const runtimeEvaluator: FileEvaluator = async (bytes, data, { preprocessing, ...options }) => {
  const executor = await openLopExecutor('the compressed file', bytes);
  try {
    const { evaluations } = await evaluateExecutors([{ ...executor, preprocessing }], data, options);
    if (!evaluations) throw new RangeError(`${data.name}: expected labelled samples to measure on, got none`);
    return evaluations[0];
  } finally {
    executor.dispose();
  }
};
