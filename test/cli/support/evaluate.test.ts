import { fileURLToPath } from 'node:url';
import t from 'tap';
import { randomData } from '../../../src/cli/support/data.js';
import { evaluateExecutors } from '../../../src/cli/support/evaluate.js';
import { openExecutor, openLopExecutor, type Executor } from '../../../src/cli/support/executor.js';
import { convert } from '../../../src/compress/index.js';
import { importModel } from '../../../src/import/index.js';
import { loadDataset, type Dataset } from '../../../src/train/data/index.js';
import { SEED } from '../../helpers/random.js';
import { needsShared, SHARED } from '../../helpers/shared.js';

const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));

t.test('executors are compared on every sample, with or without anyone watching', async (t) => {
  const data = await loadDataset(`${MODELS}data/mnist`, { split: 'test', limit: 300 });
  const executor = await openExecutor(`${MODELS}mnist-cnn/model.lop`);
  t.teardown(() => executor.dispose());
  const seen: number[] = [];
  const watched = await evaluateExecutors([executor, executor], data, {
    onProgress: (done) => seen.push(done),
  });
  const alone = await evaluateExecutors([executor], data, {});
  t.same(seen, [128, 256, 300]);
  t.match(watched, { agreement: 1, differences: [{ max: 0, mean: 0, agreement: 1 }] });
  t.equal(alone.evaluations![0].count, 300);
  t.equal(alone.evaluations![0].accuracy, watched.evaluations![0].accuracy);
  t.same(alone.differences, []);
  const limited = await evaluateExecutors([executor], data, { limit: 10 });
  t.equal(limited.count, 10);
  const unlabelled = { ...data, test: { ...data.test, y: undefined } };
  t.equal((await evaluateExecutors([executor], unlabelled, {})).evaluations, undefined);
});

const KWS = 'models/dscnn-kws/kws_ref_model.tflite';

t.test("a model's own int8 runs in plain loops, as its file on the runtime", needsShared(KWS), async (t) => {
  const graph = await openExecutor(SHARED + KWS, { quantized: 'keep' });
  t.equal(graph.isSlow, true);
  const { bytes } = convert(await importModel(SHARED + KWS, { quantized: 'keep' }));
  const lop = await openLopExecutor('file', bytes);
  t.teardown(() => lop.dispose());
  const data = await randomData(graph.inputShape, 3, SEED);
  const { differences } = await evaluateExecutors([lop, graph], data, {});
  t.ok(differences[0].max < 1e-6, `off by ${differences[0].max}, more than the rounding of a softmax`);
  t.equal(differences[0].agreement, 1);
  const found = await graph.layers!(new Float32Array(490));
  t.ok(found.size > 10);
});

/** Gives its input, scaled. */
const scaled = (name: string, factor: number): Executor => ({
  name,
  inputShape: [3],
  predict: async (samples) => [samples.map((value) => value * factor)],
  dispose: () => undefined,
});

const data: Dataset = {
  name: 'three',
  inputShape: [3],
  classes: 3,
  labels: ['a', 'b', 'c'],
  train: { x: new Float32Array(0), count: 0 },
  test: { x: Float32Array.of(1, 2, 4, 8, 3, 2), y: Uint8Array.of(2, 1), count: 2 },
  preprocessing: { scale: 1, offset: 0 },
};

t.test('differences by hand: each two of three, absolute and relative', async (t) => {
  const executors = [scaled('one', 1), scaled('more', 1.5), scaled('minus', -1)];
  const { differences, agreement, evaluations } = await evaluateExecutors(executors, data, {});
  t.same(
    differences.map(({ a, b }) => `${a} ${b}`),
    ['one more', 'one minus', 'more minus'],
  );
  t.match(differences[0], { max: 4, mean: 10 / 6, max_relative: 0.5, mean_relative: 10 / 48, agreement: 1 });
  t.match(differences[1], { max: 16, agreement: 0 });
  t.equal(agreement, 0);
  t.equal(evaluations![0].accuracy, 0.5);
});

t.test('classes that a network does not have are refused; an offset moves them', async (t) => {
  const executor = scaled('one', 1);
  await t.rejects(evaluateExecutors([executor], { ...data, classes: 4 }, {}), {
    message: /one: expected at least 4 outputs for the classes of three, got 3; .*--label-offset/,
  });
  const two = { ...data, classes: 2, test: { ...data.test, y: Uint8Array.of(1, 0) } };
  const { evaluations } = await evaluateExecutors([executor], two, { labelOffset: 1 });
  t.equal(evaluations![0].accuracy, 0.5);
});

t.test('outputs of other sizes are refused', async (t) => {
  const half: Executor = { ...scaled('half', 1), predict: async () => [Float32Array.of(1, 2)] };
  await t.rejects(
    evaluateExecutors([scaled('one', 1), half], { ...data, test: { ...data.test, y: undefined } }, {}),
    {
      message: /half: expected outputs of 3 values as one gives, got 1; name them with --outputs/,
    },
  );
});
