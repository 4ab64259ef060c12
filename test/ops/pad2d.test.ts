import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { graphOf } from './helpers.js';

t.test('zeros at top, left, bottom, right', async (t) => {
  const graph = graphOf({ op: 'pad2d', inputs: [[1, 2, 1]], attributes: { pads: [1, 2, 0, 1] } });
  t.same(graph.tensors.get('y')!.shape, [2, 5, 1]);
  const x = Float32Array.of(7, 8);
  for (const [y] of [trainForwardArrays(graph, [x]), runReference(graph, [x])]) {
    t.same([...y], [0, 0, 0, 0, 0, 0, 0, 7, 8, 0]);
  }
});
