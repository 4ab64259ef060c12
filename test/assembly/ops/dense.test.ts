import t from 'tap';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { linearOutput, linearWeights, oneNode, tensor } from '../models.js';

const SIZES = [
  [1, 1],
  [1, 10],
  [10, 1],
  [16, 4],
  [17, 5],
  [130, 21],
];

for (const [from, to] of [
  ['i8', 'i8'],
  ['i8', 'f32'],
  ['f32', 'f32'],
] as const) {
  for (const [inputs, outputs] of SIZES) {
    t.test(`${from} to ${to}, ${inputs} to ${outputs}`, async (t) => {
      const r = random();
      for (const block of [
        [1, 1],
        [2, 2],
        [4, 2],
        [5, 3],
      ] as [number, number][]) {
        for (const density of [0, 0.05, 0.5, 1]) {
          for (const activation of ['linear', 'relu', 'relu6']) {
            const x = tensor('x', [inputs], from, r);
            const weights = linearWeights(
              { dtype: from, kernel: [outputs, inputs], block, density, perTensor: density === 0.5 },
              r,
            );
            const y = to === 'i8' ? linearOutput(x, density * inputs, r) : { dtype: to };
            const graph = oneNode('dense', [x], { activation }, weights, y);
            compareWithReference(t, `block ${block}, density ${density}, ${activation}`, graph, r);
          }
        }
      }
    });
  }
}
