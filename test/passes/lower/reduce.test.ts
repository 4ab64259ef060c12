import t from 'tap';
import { lowerReduce } from '../../../src/passes/lower/reduce.js';
import { random, SEED } from '../../helpers/random.js';
import { graphOf } from '../../ops/helpers.js';
import { keepsOutputs, opsOf } from '../passed.js';

const r = random();

t.test(`axes are neighbours, in order, SEED=${SEED}`, async (t) => {
  for (let i = 0; i < 150; i++) {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 4));
    const some = shape.map((_, axis) => axis).filter(() => r.next() < 0.5);
    const axes = some.length ? some : [0];
    if (r.next() < 0.5) axes.reverse();
    const op = r.pick(['reduce_sum', 'reduce_mean', 'reduce_max', 'reduce_min', 'reduce_prod']);
    const graph = graphOf({ op, inputs: [shape], attributes: { axes, keepdims: r.int(0, 1) } }, r);
    const lowered = keepsOutputs(lowerReduce, graph, r, 32, `${op} [${axes}] of [${shape}]`);
    for (const node of lowered.nodes.filter(({ op }) => op.startsWith('reduce')))
      t.ok((node.attributes.axes as number[]).every((axis, k, all) => k === 0 || axis === all[k - 1] + 1));
  }
});

const lowered = (op: string, shape: number[], axes: number[], keepdims: number): string =>
  opsOf(
    keepsOutputs(lowerReduce, graphOf({ op, inputs: [shape], attributes: { axes, keepdims } }, r), r, 16),
  );

t.test('over rows and columns of an image: a global pool', async (t) => {
  t.equal(lowered('reduce_mean', [3, 4, 5], [0, 1], 0), 'global_avg_pool2d');
  t.equal(lowered('reduce_mean', [3, 4, 5], [1, 0], 1), 'global_avg_pool2d reshape');
  t.equal(lowered('reduce_max', [3, 4, 5], [0, 1], 0), 'global_max_pool2d');
  t.equal(lowered('reduce_mean', [7, 5], [0], 0), 'reshape global_avg_pool2d');
  t.equal(lowered('reduce_sum', [3, 4, 5], [0, 1], 0), 'reduce_sum');
  t.equal(lowered('reduce_sum', [3, 4, 5], [0, 2], 0), 'reduce_sum reduce_sum reshape');
  t.equal(lowered('reduce_mean', [1, 1, 5], [0, 1], 0), 'reshape');
});
