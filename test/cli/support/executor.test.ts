import { fileURLToPath } from 'node:url';
import t from 'tap';
import { evaluateExecutors, openExecutor } from '../../../src/cli/support/executor.js';
import { loadDataset } from '../../../src/train/data/index.js';

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
  t.equal(watched.agreement, 1);
  t.equal(alone.evaluations[0].count, 300);
  t.equal(alone.evaluations[0].accuracy, watched.evaluations[0].accuracy);
  const limited = await evaluateExecutors([executor], data, { limit: 10 });
  t.equal(limited.evaluations[0].count, 10);
});
