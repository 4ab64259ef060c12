import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { inProcess, search, TrialBench, type TrialRunner } from '../../../src/compress/search/index.js';
import type { TrialOrder, TrialResult } from '../../../src/compress/search/trial.js';
import { fit, initialize, selectBackend } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { perceptron } from '../../helpers/graphs.js';
import { random } from '../../helpers/random.js';

const graph = perceptron([16, 8], [6, 6, 1], 4);

/** A made-up network: each layer may lose some of its weights without harm, and fc1 more of them. */
function analytic({ recipe }: TrialOrder): TrialResult {
  const { prune, recover } = recipe as {
    prune?: { sparsity: Record<string, number> };
    recover?: { epochs: number };
  };
  const of = (layer: string): number => prune?.sparsity[layer] ?? 0;
  const harm = (layer: string, free: number): number => 2 * Math.max(0, of(layer) - free) ** 2;
  const trained = recover ? 0.1 / recover.epochs : 1;
  return {
    bytes: Math.round(1000 - 600 * of('fc1') - 200 * of('fc2') - 100 * of('logits')),
    accuracy: 0.95 - (harm('fc1', 0.6) + harm('fc2', 0.4) + harm('logits', 0.1)) * trained,
    sparsity: 0,
    macs: 0,
    forms: [],
    seconds: 0,
  };
}

function fake(delay: () => number = () => 0): TrialRunner & { orders: TrialOrder[] } {
  const orders: TrialOrder[] = [];
  return {
    orders,
    run: async (order) => {
      orders.push(order);
      await setTimeout(delay());
      return analytic(order);
    },
    close: async () => undefined,
  };
}

/** fc1 may lose half of its weights at most. */
const picky: TrialRunner['run'] = async (order) => {
  const { prune } = order.recipe as { prune?: { sparsity: Record<string, number> } };
  return (prune?.sparsity.fc1 ?? 0) > 0.5 ? { failed: 'too sparse', seconds: 0 } : analytic(order);
};

/** Only what is not pruned works. */
const never: TrialRunner['run'] = async (order) =>
  order.recipe.prune ? { failed: 'never', seconds: 0 } : analytic(order);

const description = {
  recipe: { prune: { sparsity: 0.5 }, recover: { epochs: 8 }, quantize: {} },
  bound: { accuracy: { drop: 0.2 } },
  space: { layers: { '*': { sparsity: { from: 0, to: 0.9, step: 0.1 } } } },
  trials: 40,
  trial: { epochs: 4 },
  validation: { samples: 10 },
};

for (const strategy of [
  { type: 'evolution', population: 8 },
  { type: 'sensitivity+dp' },
  { type: 'evolution', start: 'sensitivity+dp' },
]) {
  t.test(`${JSON.stringify(strategy)} finds a small network within the bound`, async (t) => {
    const runner = fake();
    const found = await search(graph, { ...description, strategy }, { runner, identity: 'x' });
    t.ok(found.holds);
    t.ok(found.chosen.result.accuracy >= found.least_accuracy!);
    t.ok(found.chosen.result.bytes <= 420, `${found.chosen.result.bytes} bytes`);
    t.match(found.recipe, { recover: { epochs: 8 }, quantize: {} });
    t.ok(found.trials.filter(({ stage }) => stage === 'trial').length <= 40);
    const front = found.trials.filter((trial) => trial.front && trial.stage === 'trial');
    t.ok(front.length > 3);
    for (const { result } of front)
      t.notOk(
        front.some((other) => other.result.bytes < result.bytes && other.result.accuracy >= result.accuracy),
      );
    const shuffled = fake(() => random(runner.orders.length).int(0, 4));
    t.same(await search(graph, { ...description, strategy }, { runner: shuffled, identity: 'x' }), found);
  });
}

t.test('a bound of size maximizes accuracy', async (t) => {
  const found = await search(
    graph,
    { ...description, bound: { ratio: 8 } },
    { runner: fake(), identity: 'x' },
  );
  t.ok(found.holds);
  t.ok(found.chosen.result.bytes <= found.most_cost!);
});

t.test('cut off anywhere and resumed, a search finds the same and repeats nothing', async (t) => {
  const path = join(t.testdir(), 'journal.jsonl');
  const whole = fake();
  const expected = await search(graph, description, { runner: whole, identity: 'x', journal: { path } });
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  for (const kept of [1, 2, 17, lines.length - 1]) {
    writeFileSync(path, lines.slice(0, kept).join(''));
    appendFileSync(path, lines[kept].slice(0, 20)); // torn
    const rest = fake();
    const journal = { path, resume: true };
    t.same(await search(graph, description, { runner: rest, identity: 'x', journal }), expected);
    t.equal(rest.orders.length, whole.orders.length - (kept - 1));
  }
});

t.test('recipes that fail are passed over; where all do, the first message is told', async (t) => {
  const runner = fake();
  const found = await search(graph, description, { runner: { ...runner, run: picky }, identity: 'x' });
  t.ok(found.failures.length > 0 && found.failures.every((message) => message === 'too sparse'));
  await t.rejects(search(graph, description, { runner: { ...runner, run: never }, identity: 'x' }), {
    name: 'SearchError',
    message: /expected a recipe that works, got none; the first said: never/,
  });
});

t.test('the signal stops it', async (t) => {
  const controller = new AbortController();
  const runner = fake(() => 1);
  const onTrial = (_: unknown, done: number): void => {
    if (done >= 5) controller.abort(new Error('enough'));
  };
  await t.rejects(search(graph, description, { runner, identity: 'x', signal: controller.signal, onTrial }), {
    message: 'enough',
  });
});

t.test('a real network, in process', async (t) => {
  await selectBackend({ prefer: 'wasm' });
  const data = blobs({ inputShape: [6, 6, 1], train: 200, test: 40 });
  const dense = (await fit(initialize(graph, 2), data, { epochs: 4, batch: 16, learningRate: 0.01 })).graph;
  const runner = inProcess(new TrialBench(dense, data));
  const real = {
    recipe: {
      prune: { schedule: { frequency: 2 } },
      recover: { epochs: 2, batch: 16, optimizer: { type: 'adam', learningRate: 0.005 } },
      quantize: { activations: { samples: 32 } },
    },
    bound: { accuracy: { drop: 10 } },
    space: {
      layers: {
        fc1: {
          sparsity: [0.5, 0.8],
          block: [
            [1, 1],
            [1, 2],
          ],
        },
        fc2: { sparsity: [0.5, 0.9] },
      },
    },
    strategy: { type: 'sensitivity+dp' },
    trials: 4,
    trial: { epochs: 1 },
    final: { rounds: 1 },
    validation: { samples: 60 },
  };
  const found = await search(dense, real, { runner, identity: 'x' });
  t.ok(found.reference.accuracy > 0.9);
  t.equal(found.sensitivity!.length, 2);
  t.ok(found.sensitivity![0].options[0].cost < 0, 'a pruned layer is smaller');
  t.ok(found.chosen.result.bytes < found.reference.bytes);
  t.ok(found.chosen.stage === 'final' && found.chosen.result.macs > 0);
});
