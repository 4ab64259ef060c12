import t from 'tap';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { graphOf, int8GraphOf } from './helpers.js';

const op = 'constant';

t.test('its value, of any rank, in a copy', async (t) => {
  for (const shape of [[], [4], [2, 1, 2]]) {
    const data = Float32Array.from({ length: shape.length === 0 ? 1 : 4 }, (_, i) => i + 0.5);
    const graph = graphOf({ op, inputs: [], weights: { value: { shape, data } } });
    t.same(graph.tensors.get('y')!.shape, shape);
    const [y] = runReference(graph, []);
    t.same(y, data);
    t.not(y, graph.weights.get('value')!.data);
    t.same(trainForwardArrays(graph, [])[0], data);
  }
});

t.test('int8, of its output', async (t) => {
  const outputQuantization = { scale: 0.5, zeroPoint: 3 };
  const value = { shape: [2], dtype: 'i8' as const, data: [-7, 9] };
  const spec = { op, inputs: [], inputQuantization: [], outputQuantization, weights: { value } };
  const graph = int8GraphOf(spec);
  t.same(runReference(graph, [])[0], Int8Array.of(-7, 9));
  graph.tensors.set('y', { name: 'y', shape: [2], dtype: 'f32' });
  t.throws(() => checkGraph(graph), { message: /value: expected f32 as its output is, got i8/ });
});
