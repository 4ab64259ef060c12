/** A model that scores samples, whatever runs it: dense originals on tfjs, `.lop` files on the runtime. */
import { readFile } from 'node:fs/promises';
import type { FileEvaluator } from '../../compress/index.js';
import type { Dataset, Evaluation, Preprocessing } from '../../train/index.js';
import { preprocessingOf } from './preprocessing.js';
import { importForeign } from './import-foreign.js';

export interface Executor {
  name: string;
  /** Of one sample. */
  inputShape: readonly number[];
  /** What the model was made for; absent: as the data set says. */
  preprocessing?: Preprocessing;
  /** Scores of `count` samples, one after the other. */
  predict(samples: Float32Array, count: number): ArrayLike<number>;
  dispose(): void;
}

export const isLop = (path: string): boolean => /\.lop$/i.test(path);

/** A `.lop` in memory on the WebAssembly runtime, a sample at a time. */
export async function openLopExecutor(name: string, bytes: Uint8Array): Promise<Executor> {
  const { load } = await import('../../runtime/node.js');
  const model = await load(bytes);
  const inputShape = model.inputs[0].shape;
  const size = elements(inputShape);
  return {
    name,
    inputShape,
    preprocessing: await preprocessingOf(model.metadata),
    predict: (samples, count) => {
      const all: ArrayLike<number>[] = [];
      for (let i = 0; i < count; i++)
        all.push(model.run(samples.subarray(i * size, (i + 1) * size))[0].slice());
      return Float32Array.from(all.flatMap((scores) => Array.from(scores)));
    },
    dispose: () => model.dispose(),
  };
}

async function openDenseExecutor(path: string): Promise<Executor> {
  const train = await import('../../train/index.js');
  const { tensor, tidy, dispose } = await import('@tensorflow/tfjs-core');
  await train.selectBackend();
  const graph = await importForeign(path);
  const weights = train.weightTensors(train.createParameters(graph));
  const { shape } = graph.tensors.get(graph.inputs[0])!;
  return {
    name: path,
    inputShape: shape,
    predict: (samples, count) =>
      tidy(() => train.forward(graph, weights, tensor(samples, [count, ...shape])).dataSync()),
    dispose: () => dispose([...weights.values()]),
  };
}

/** Opens a `.lop` or a foreign model by its path. */
export async function openExecutor(path: string): Promise<Executor> {
  return isLop(path) ? openLopExecutor(path, await readFile(path)) : openDenseExecutor(path);
}

/** What two executors say of the same samples. */
export interface Compared {
  evaluations: Evaluation[];
  /** Share of samples to which all executors give the same class, in [0, 1]. */
  agreement: number;
}

export interface EvaluateOptions {
  limit?: number;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

const BATCH = 128;

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Samples of another size would be cut into nonsense. */
function checkFit({ name, inputShape }: Executor, data: Dataset): void {
  if (elements(inputShape) !== elements(data.inputShape))
    throw new RangeError(
      `${name}: expected samples of shape [${inputShape.join(', ')}], got [${data.inputShape.join(', ')}] of ${data.name}; choose another set with --data`,
    );
}

function classesOf(scores: ArrayLike<number>, count: number): number[] {
  const classes = scores.length / count;
  return Array.from({ length: count }, (_, sample) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (scores[sample * classes + c] > scores[sample * classes + best]) best = c;
    return best;
  });
}

/** Runs the executors over the test split, batch by batch, and scores each. */
export async function evaluateExecutors(
  executors: readonly Executor[],
  data: Dataset,
  { limit, onProgress, signal }: EvaluateOptions,
): Promise<Compared> {
  const { Batcher, ScoreBoard, takeFirst } = await import('../../train/index.js');
  const { setImmediate } = await import('node:timers/promises');
  for (const executor of executors) checkFit(executor, data);
  const split = takeFirst(data.test, limit);
  const sides = executors.map(({ preprocessing = data.preprocessing, predict }) => ({
    predict,
    batcher: new Batcher(split, { batch: BATCH, preprocessing, inputShape: data.inputShape }),
    board: new ScoreBoard(),
  }));
  let agreed = 0;
  for (let index = 0, done = 0; done < split.count; index++) {
    signal?.throwIfAborted();
    const answers: number[][] = [];
    for (const { predict, batcher, board } of sides) {
      const { x, y, count } = await batcher.at(index);
      const scores = predict(x, count);
      board.add(scores, y);
      answers.push(classesOf(scores, count));
    }
    agreed += answers[0].filter((answer, i) => answers.every((other) => other[i] === answer)).length;
    done += answers[0].length;
    onProgress?.(done, split.count);
    await setImmediate();
  }
  return { evaluations: sides.map(({ board }) => board.evaluation()), agreement: agreed / split.count };
}

/** Measures a file on the WebAssembly runtime: what `compress` is handed, so that every test sample counts. */
export const runtimeEvaluator: FileEvaluator = async (bytes, data, { preprocessing, ...options }) => {
  const executor = await openLopExecutor('the compressed file', bytes);
  try {
    const { evaluations } = await evaluateExecutors([{ ...executor, preprocessing }], data, options);
    return evaluations[0];
  } finally {
    executor.dispose();
  }
};
