import { join } from 'node:path';
import t from 'tap';
import type { StageCheckpoint } from '../../../src/compress/checkpoint.js';
import { compress, parseRecipe, type CompressProgress } from '../../../src/compress/index.js';
import { countKept, keptBlocks } from '../../../src/compress/prune/index.js';
import { recoverStage } from '../../../src/compress/recover/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { fit, initialize, selectBackend, type TrainerState } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { perceptron } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [4, 4, 1], train: 96, test: 32, seed: SEED });
const KERNELS = ['fc1/kernel', 'fc2/kernel', 'logits/kernel'];
let dense: Graph;

t.before(async () => {
  await selectBackend({ prefer: 'cpu' });
  const fresh = initialize(perceptron([12, 8], [4, 4, 1], 4), 2);
  dense = (await fit(fresh, data, { epochs: 4, batch: 16, learningRate: 0.01 })).graph;
});

/** Six steps an epoch. */
const recover = { epochs: 3, batch: 16, optimizer: { type: 'adam', learningRate: 0.01 } };

const recipeOf = (schedule: object, prune: object = {}, training: object = {}): object => {
  return { prune: { sparsity: 0.75, schedule, ...prune }, recover: { ...recover, ...training } };
};

interface Run {
  graph: Graph;
  /** After each epoch: the sparsity of all kernels. */
  sparsities: number[];
  /** Marks in the masks of the kernels, at the end. */
  kept: number[];
  /** Weights after each epoch, by name. */
  saved: Map<string, Float32Array>[];
}

/** Runs the stage alone. */
async function runStage(recipe: object, graph = dense): Promise<Run> {
  const run: Run = { graph, sparsities: [], kept: [], saved: [] };
  const checkpoint: StageCheckpoint = {
    saved: undefined,
    save: async (state) => {
      const { parameters } = (state as { trainer: TrainerState }).trainer;
      run.saved.push(new Map(parameters.map(({ name, values }) => [name, values.slice()])));
      run.kept = KERNELS.map((name) => countOnes(parameters.find((p) => p.name === name)!.mask));
    },
  };
  const work = await recoverStage.run(
    { graph },
    {
      recipe: parseRecipe(recipe),
      data,
      source: graph,
      workers: 1,
      checkpoint,
      record: ({ sparsity }) => run.sparsities.push(sparsity!),
    },
  );
  return { ...run, graph: work.graph };
}

const countOnes = (mask: Uint8Array = new Uint8Array()): number => mask.reduce((sum, mark) => sum + mark, 0);
const valuesOf = (graph: Graph, name: string): Float32Array => graph.weights.get(name)!.data as Float32Array;
const keptOf = (graph: Graph): number[] => KERNELS.map((name) => countKept(graph.weights.get(name)!));
const exactly = (sparsity: number): number[] =>
  KERNELS.map((name) => keptBlocks(valuesOf(dense, name).length, sparsity));

const SCHEDULES: Record<string, object> = {
  'one-shot': { type: 'one-shot' },
  constant: { type: 'constant', begin: 1 },
  linear: { type: 'linear', end: 2, frequency: 3 },
  cubic: { type: 'cubic', begin: 0.5, end: 2, frequency: 2, initial: 0.2 },
  polynomial: { type: 'polynomial', power: 2, frequency: 4 },
  exponential: { type: 'exponential', end: 2.5, frequency: 2 },
  iterative: { type: 'iterative', rounds: 3 },
  RigL: { type: 'constant', regrow: { frequency: 2, fraction: 0.4 } },
  SET: { type: 'cubic', frequency: 2, regrow: { by: 'random', frequency: 3, fraction: 0.4, end: 3 } },
  'lottery, initial': { type: 'lottery', rounds: 2 },
  'lottery, early': { type: 'lottery', rounds: 2, rewind: 'early', epoch: 0.5 },
  'lottery, learning rate': { type: 'lottery', rounds: 2, rewind: 'learning-rate' },
  supermask: { type: 'supermask' },
  'different per layer': {
    type: 'cubic',
    end: 1,
    layers: { 'fc*': { end: 2.5 }, logits: { type: 'constant', begin: 2 } },
  },
};

for (const [name, schedule] of Object.entries(SCHEDULES)) {
  t.test(`${name}: exactly the sparsity asked for`, async (t) => {
    const { graph, kept } = await runStage(recipeOf(schedule));
    t.same(kept, exactly(0.75));
    // A weight that grew by chance at a unit without effect stays zero.
    const isZero = name === 'SET' ? 0.1 : 0;
    keptOf(graph).forEach((weights, i) =>
      t.ok(weights <= kept[i] && weights >= (1 - isZero) * kept[i], `${weights} of ${kept[i]} not zero`),
    );
  });

  t.test(`${name}: cut off and resumed, the same bytes`, async (t) => {
    const folder = join(t.testdir(), 'checkpoint');
    const recipe = recipeOf(schedule, { scope: 'layers' in schedule ? 'layer' : 'global' });
    const whole = await compress(dense, recipe, { data, limit: 1 });
    const stopAt = [5, 14, 31].filter((step) => step < whole.report.steps);
    for (const at of stopAt) {
      const controller = new AbortController();
      const onProgress = ({ phase, done }: CompressProgress): void => {
        if (phase === 'recover' && done === at) controller.abort(new Error('Ctrl-C'));
      };
      const cut = compress(dense, recipe, {
        data,
        checkpoint: { folder },
        onProgress,
        signal: controller.signal,
      });
      await t.rejects(cut, { message: 'Ctrl-C' });
      const resumed = await compress(dense, recipe, { data, limit: 1, checkpoint: { folder, resume: true } });
      t.equal(resumed.report.resumed_at, at);
      t.same(resumed.bytes, whole.bytes, `after step ${at}`);
    }
  });
}

t.test('each layer in its own time', async (t) => {
  const { saved } = await runStage(recipeOf({ type: 'constant', begin: 2, layers: { fc1: { begin: 0 } } }));
  t.equal(saved[0].get('fc1/kernel')!.filter((w) => w !== 0).length, exactly(0.75)[0]);
  t.equal(saved[0].get('fc2/kernel')!.filter((w) => w !== 0).length, valuesOf(dense, 'fc2/kernel').length);
});

t.test('units without effect are taken out: fewer weights, the same accuracy', async (t) => {
  const recipe = (removeDead: boolean): object =>
    recipeOf({ type: 'one-shot' }, { sparsity: 0.93, scope: 'global', removeDead });
  const [all, fewer] = [await runStage(recipe(false)), await runStage(recipe(true))];
  const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
  t.equal(sum(all.kept), sum(fewer.kept), 'the cut is as deep');
  const report = async (removeDead: boolean): Promise<{ sparsity: number; final: { accuracy?: number } }> => {
    const { prune } = recipe(removeDead) as { prune: object };
    return (await compress(dense, { prune }, { data })).report;
  };
  const [whole, trimmed] = [await report(false), await report(true)];
  t.ok(trimmed.sparsity > whole.sparsity, `${whole.sparsity} to ${trimmed.sparsity}`);
  t.equal(trimmed.final.accuracy, whole.final.accuracy);
});
