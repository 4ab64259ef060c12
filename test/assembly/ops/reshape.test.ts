import t from 'tap';
import type { Graph } from '../../../src/graph/graph.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { tensor } from '../models.js';

const PAIRS = [
  [[4, 5, 3], [60]],
  [[60], [4, 5, 3]],
  [[1, 1, 7], [7]],
  [
    [2, 3, 4, 5],
    [6, 4, 5],
  ],
  [
    [3, 8],
    [8, 3],
  ],
  [
    [5, 5, 2],
    [5, 5, 2],
  ],
];

for (const dtype of ['i8', 'f32'] as const) {
  for (const [from, to] of PAIRS) {
    t.test(`${dtype}, [${from}] to [${to}]`, async (t) => {
      const r = random();
      const x = tensor('x', from, dtype, r);
      const y = { ...x, name: 'y', shape: to };
      const graph: Graph = {
        inputs: ['x'],
        outputs: ['y'],
        tensors: new Map([
          ['x', x],
          ['y', y],
        ]),
        weights: new Map(),
        nodes: [{ name: 'node', op: 'reshape', inputs: ['x'], outputs: ['y'], attributes: {}, weights: {} }],
        metadata: {},
      };
      compareWithReference(t, 'moved', graph, r);
    });
  }
}
