import { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { importForeign } from '../../../src/cli/support/import-foreign.js';
import { foreignOptions, foreignOptionsOf, type ForeignFlags } from '../../../src/cli/support/options.js';
import { encode } from '../../import/onnx/encode.js';

const parsed = (...args: string[]) => {
  const command = foreignOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  command.parse(args, { from: 'user' });
  return foreignOptionsOf(command.opts<ForeignFlags>());
};

t.test('shapes of one input, or by name; outputs', async (t) => {
  t.match(parsed('--input-shape', '224,224,3'), { inputShape: [224, 224, 3], inputShapes: undefined });
  t.match(parsed('--input-shape', 'a:0=8', '--input-shape', 'b=2,3', '--outputs', 'x,y'), {
    inputShape: undefined,
    inputShapes: { 'a:0': [8], b: [2, 3] },
    outputs: ['x', 'y'],
  });
  t.throws(() => parsed('--input-shape', 'a=8,x'), {
    message: /expected a whole number of at least 1, got 'x'/,
  });
});

t.test('a model with two open inputs', async (t) => {
  const path = join(t.testdir(), 'sum.onnx');
  const model = {
    inputs: [
      { name: 'a', dims: ['n', 'width'] },
      { name: 'b', dims: ['n', 'other'] },
    ],
    nodes: [{ op: 'Concat', inputs: ['a', 'b'], outputs: ['c'], attributes: { axis: 1 } }],
    outputs: [{ name: 'c', dims: ['n', 'all'] }],
  };
  writeFileSync(path, encode(model, 17));
  const graph = await importForeign(path, parsed('--input-shape', 'a=8', '--input-shape', 'b=3'));
  t.same(
    ['a', 'b', 'c'].map((name) => graph.tensors.get(name)!.shape),
    [[8], [3], [11]],
  );
  await t.rejects(importForeign(path, parsed('--input-shape', 'a=8')), { message: /input 'b'/ });
});
