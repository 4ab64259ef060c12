import t from 'tap';
import { getOp, ops } from '../../src/ops/table.js';

/** FORMAT.md's table, and what only graphs hold. */
const IN_FILES = [
  'conv2d',
  'depthwise_conv2d',
  'dense',
  'add',
  'max_pool2d',
  'avg_pool2d',
  'global_max_pool2d',
  'global_avg_pool2d',
  'relu',
  'relu6',
  'softmax',
  'reshape',
  'quantize',
  'dequantize',
];
const ONLY_IN_GRAPHS = ['batch_norm', 'dropout', 'pad2d'];

t.test('every operator of FORMAT.md, those of files with a plain reference', async (t) => {
  t.same([...ops.keys()], [...IN_FILES, ...ONLY_IN_GRAPHS]);
  for (const [name, spec] of ops) {
    t.equal(spec.name, name);
    t.equal(spec.reference !== undefined, IN_FILES.includes(name), `${name}: reference`);
    t.equal(spec.train !== undefined, !name.endsWith('quantize'), `${name}: training forward`);
  }
});

t.test('an unknown name', async (t) => {
  t.throws(() => getOp('sigmoid'), {
    name: 'RangeError',
    message: /^op: expected one of conv2d, .*, got 'sigmoid'$/,
  });
});
