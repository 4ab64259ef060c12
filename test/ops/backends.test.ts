/** Every operator's training forward and gradient on the backend that trains by default: tfjs' wasm lacks kernels. */
import t from 'tap';
import { ops } from '../../src/ops/table.js';
import { selectBackend } from '../../src/train/index.js';
import { random, SEED } from '../helpers/random.js';
import { apart, checkGradient, compareForwards } from './families.js';
import { graphOf, inputsOf, type Case } from './helpers.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

const conv = { kernel: { shape: [4, 2, 2, 2] }, bias: { shape: [4] } };
const pool: Partial<Case> = { inputs: [[4, 4, 2]], attributes: { size: [2, 2] } };

/** What an operator needs besides one [2,3] input, or two. */
const SPECS: Record<string, Partial<Case>> = {
  conv2d: { inputs: [[4, 4, 4]], attributes: { groups: 2, dilations: [2, 1] }, weights: conv },
  conv_transpose2d: { inputs: [[3, 3, 4]], attributes: { groups: 2, strides: [2, 1] }, weights: conv },
  depthwise_conv2d: { inputs: [[4, 4, 2]], weights: { kernel: { shape: [4, 2, 2, 1] } } },
  dense: { inputs: [[3]], weights: { kernel: { shape: [2, 3] } } },
  where: { inputs: [[2, 3], [3], [2, 1]] },
  matmul: {
    inputs: [
      [2, 3, 4],
      [4, 2],
    ],
  },
  max_pool2d: pool,
  avg_pool2d: pool,
  global_max_pool2d: { inputs: [[3, 3, 2]] },
  global_avg_pool2d: { inputs: [[3, 3, 2]] },
  leaky_relu: { attributes: { alpha: 0.1 } },
  elu: { attributes: { alpha: 0.5 } },
  reduce_sum: { attributes: { axes: [1] } },
  reduce_mean: { attributes: { axes: [1] } },
  reduce_max: { attributes: { axes: [1] } },
  reduce_min: { attributes: { axes: [1] } },
  reduce_prod: { attributes: { axes: [1] } },
  argmax: { attributes: { axis: 1 } },
  argmin: { attributes: { axis: 1 } },
  reshape: { output: [6] },
  concat: {
    inputs: [
      [2, 3],
      [2, 1],
    ],
    attributes: { axis: 1 },
  },
  pad: { attributes: { pads: [0, 1, 1, 0] } },
  view: { attributes: { dims: [3], strides: [-2], offset: 5 } },
  gather: { inputs: [[3, 2], [2]], attributes: { axis: 0 } },
  gather_nd: {
    inputs: [
      [3, 2],
      [2, 1],
    ],
  },
  layer_norm: { attributes: { epsilon: 0.1 } },
  lstm: { weights: { kernel: { shape: [8, 3] }, recurrent: { shape: [8, 2] } } },
  gru: { weights: { kernel: { shape: [6, 3] }, recurrent: { shape: [6, 2] } } },
  simple_rnn: { weights: { kernel: { shape: [2, 3] }, recurrent: { shape: [2, 2] } } },
  batch_norm: {
    inputs: [[2, 2, 2]],
    weights: { mean: { shape: [2] }, variance: { shape: [2], data: [1, 2] } },
  },
  dropout: { attributes: { rate: 0.5 } },
  pad2d: { inputs: [[2, 2, 1]], attributes: { pads: [1, 0, 0, 1] } },
  transpose: { attributes: { permutation: [1, 0] } },
  slice: { attributes: { begin: [0, 2], size: [2, 2], strides: [1, -2] } },
  tile: { attributes: { repeats: [1, 2] } },
  expand: { inputs: [[3]], attributes: { shape: [2, 3] } },
  depth_to_space: { inputs: [[2, 2, 4]], attributes: { block: 2 } },
  space_to_depth: { inputs: [[2, 2, 1]], attributes: { block: 2 } },
  resize2d: { inputs: [[2, 3, 2]], attributes: { size: [4, 4] } },
};

/** Int8 alone, no input, or tables of whole numbers (tested with resize2d). */
const APART = ['quantize', 'dequantize', 'lookup', 'constant', 'interpolate'];
/** Their steps, or that of an index, are not slopes. */
const STEPS = ['floor_mod', 'floor', 'ceil', 'round', 'trunc', 'sign', 'gather', 'gather_nd'];

for (const [op, spec] of ops) {
  if (APART.includes(op)) continue;
  t.test(`${op} (SEED=${SEED})`, async () => {
    const r = random();
    const inputs = Array.from({ length: typeof spec.inputs === 'number' ? spec.inputs : 2 }, () => [2, 3]);
    const graph = graphOf({ op, inputs, ...SPECS[op] }, r);
    // In 0.3 to 0.9, each its own: every function is defined and smooth there.
    const values = apart(r, inputsOf(graph, r) as Float32Array[], 0.3, 0.9);
    compareForwards(graph, values, (y) => 2 ** -18 * Math.max(1, Math.abs(y)));
    if (!STEPS.includes(op)) checkGradient(graph, values, r);
  });
}
