import t from 'tap';
import { elements } from '../../src/graph/index.js';
import { ForeignBuilder } from '../../src/import/foreign-builder.js';
import { ImportError } from '../../src/import/errors.js';
import {
  broadcastShape,
  completeShape,
  scalarOf,
  wholeNumbers,
  type Value,
} from '../../src/import/values.js';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/index.js';

/** 0.5, 1.5, ...: every element tells where it came from. */
const counted = (shape: readonly number[], from = 0): Float32Array =>
  Float32Array.from({ length: elements(shape) }, (_, i) => from + i + 0.5);

type Build = (builder: ForeignBuilder, values: Value[]) => Value;

/** Operators with the full shapes of their inputs, and of their output. */
const cases: [name: string, shapes: number[][], build: Build, shape: number[]][] = [
  ['add', [[1, 2, 3], [3]], (b, [x, y]) => b.binary('n', 'add', x, y), [1, 2, 3]],
  [
    'add without a batch',
    [
      [1, 5],
      [5, 1],
    ],
    (b, [x, y]) => b.binary('n', 'add', x, y),
    [5, 5],
  ],
  [
    'add that makes a batch',
    [
      [1, 1, 4],
      [7, 1],
    ],
    (b, [x, y]) => b.binary('n', 'sub', x, y),
    [1, 7, 4],
  ],
  ['unary', [[1, 3]], (b, [x]) => b.op('n', 'sigmoid', [x]), [1, 3]],
  ['reshape into the batch', [[1, 6, 4]], (b, [x]) => b.reshape(x, [6, -1]), [6, 4]],
  ['reshape out of it', [[6, 4]], (b, [x]) => b.reshape(x, [1, 1, 24]), [1, 1, 24]],
  ['transpose', [[1, 2, 3, 4]], (b, [x]) => b.transpose(x, [0, 3, 1, 2]), [1, 4, 2, 3]],
  ['transpose of the batch', [[1, 2, 3]], (b, [x]) => b.transpose(x, [2, 0, 1]), [3, 1, 2]],
  ['transpose to a batch', [[2, 1, 3]], (b, [x]) => b.transpose(x, [1, 0, 2]), [1, 2, 3]],
  [
    'concat',
    [
      [1, 2, 3],
      [1, 5, 3],
    ],
    (b, x) => b.concat('n', x, 1),
    [1, 7, 3],
  ],
  [
    'concat of batches',
    [
      [1, 2],
      [1, 2],
    ],
    (b, x) => b.concat('n', x, 0),
    [2, 2],
  ],
  [
    'concat from the end',
    [
      [1, 2, 1],
      [1, 2, 2],
    ],
    (b, x) => b.concat('n', x, -1),
    [1, 2, 3],
  ],
  ['slice', [[1, 5, 4]], (b, [x]) => b.slice('n', x, [0, 1, 3], [1, 2, 4], [1, 2, -1]), [1, 2, 4]],
  ['slice of the batch', [[3, 4]], (b, [x]) => b.slice('n', x, [1, 0], [1, 4]), [1, 4]],
  ['pad', [[1, 2, 2]], (b, [x]) => b.pad('n', x, [0, 1, 0], [0, 0, 2], 'constant', 7), [1, 3, 4]],
  ['pad of the batch', [[1, 2]], (b, [x]) => b.pad('n', x, [1, 0], [0, 0]), [2, 2]],
  ['mean', [[1, 2, 3, 4]], (b, [x]) => b.reduce('n', 'reduce_mean', x, [1, 2], false), [1, 4]],
  ['max, kept', [[1, 2, 3]], (b, [x]) => b.reduce('n', 'reduce_max', x, [-1], true), [1, 2, 1]],
  ['sum over all', [[1, 2, 3]], (b, [x]) => b.reduce('n', 'reduce_sum', x, [], false), []],
  ['sum over the batch', [[1, 2, 3]], (b, [x]) => b.reduce('n', 'reduce_sum', x, [0], false), [2, 3]],
  ['argmax', [[1, 2, 3]], (b, [x]) => b.argReduce('n', 'argmax', x, 2, false), [1, 2]],
  [
    'matmul',
    [
      [1, 2, 3],
      [3, 4],
    ],
    (b, [x, y]) => b.matmul('n', x, y),
    [1, 2, 4],
  ],
  [
    'matmul of one row',
    [
      [1, 3],
      [4, 3],
    ],
    (b, [x, y]) => b.matmul('n', x, y, false, true),
    [1, 4],
  ],
  [
    'matmul, leading axes',
    [
      [1, 2, 2, 3],
      [2, 3, 1],
    ],
    (b, [x, y]) => b.matmul('n', x, y),
    [1, 2, 2, 1],
  ],
  ['softmax', [[1, 3]], (b, [x]) => b.softmax('n', x, -1), [1, 3]],
  ['softmax over another axis', [[1, 3, 2]], (b, [x]) => b.softmax('n', x, 1), [1, 3, 2]],
  ['expand', [[1, 1, 3]], (b, [x]) => b.expand('n', x, [2, 1]), [1, 2, 3]],
  ['expand of the batch', [[1, 3]], (b, [x]) => b.expand('n', x, [2, 3]), [2, 3]],
  ['tile', [[1, 2, 3]], (b, [x]) => b.tile('n', x, [1, 2, 1]), [1, 4, 3]],
  ['tile of the batch', [[1, 2]], (b, [x]) => b.tile('n', x, [3, 1]), [3, 2]],
];

for (const [name, shapes, build, shape] of cases) {
  t.test(`${name}: the same for constants and in a graph`, async (t) => {
    const values = shapes.map((full, i) => counted(full, 10 * i));
    const known = new ForeignBuilder();
    const constant = build(
      known,
      shapes.map((full, i) => known.constant(values[i], full)),
    );
    t.same(constant.shape, shape);
    const builder = new ForeignBuilder();
    const output = build(
      builder,
      shapes.map((full, i) => builder.input(`x${i}`, full)),
    );
    t.same(output.shape, shape);
    const graph = builder.finish([{ name: 'y', value: output }], {});
    checkGraph(graph);
    t.same(graph.tensors.get(graph.outputs[0])!.shape, shape[0] === 1 ? shape.slice(1) : shape);
    const [y] = runReference(graph, values);
    t.same(Array.from(y), Array.from(constant.constant!));
  });
}

t.test('gather: axes on both sides of the indices', async (t) => {
  const builder = new ForeignBuilder();
  const x = builder.input('x', [1, 3, 2]);
  const picked = builder.gather('n', x, builder.constant(Int32Array.of(2, 0), [1, 2]), 1);
  t.same(picked.shape, [1, 1, 2, 2]);
  const graph = builder.finish([{ name: 'y', value: picked }], {});
  t.same(Array.from(runReference(graph, [Float32Array.of(1, 2, 3, 4, 5, 6)])[0]), [5, 6, 1, 2]);
});

t.test('a constant read twice is one node', async (t) => {
  const builder = new ForeignBuilder();
  const two = builder.constant(Float32Array.of(2), [1]);
  const x = builder.input('x', [1, 3]);
  const y = builder.binary('b', 'mul', builder.binary('a', 'mul', x, two), two);
  const graph = builder.finish([{ name: 'y', value: y }], {});
  t.equal(graph.nodes.filter(({ op }) => op === 'constant').length, 1);
  t.same(Array.from(runReference(graph, [Float32Array.of(1, 2, 3)])[0]), [4, 8, 12]);
});

t.test('shape arithmetic stays out of the graph', async (t) => {
  const builder = new ForeignBuilder();
  const shape = builder.constant(Int32Array.of(1, 2, 3), [3]);
  const halves = builder.binary('half', 'mul', shape, builder.constant(Float32Array.of(2), []));
  t.same(wholeNumbers(halves, 'shape'), [2, 4, 6]);
  const last = builder.slice('last', halves, [2], [1]);
  t.equal(scalarOf(last, 'last'), 6);
});

t.test('what does not fit is named', async (t) => {
  const builder = new ForeignBuilder();
  const x = builder.input('x', [1, 2, 3]);
  const throws = (action: () => unknown, message: RegExp): void => {
    t.throws(action, { name: 'ImportError', message });
  };
  throws(() => builder.binary('sum', 'add', x, builder.input('z', [1, 2, 2])), /sum: .*broadcast.*\[1,2,3\]/);
  throws(() => builder.reshape(x, [4, -1], 'r'), /r: expected a shape of 6 elements/);
  throws(() => builder.concat('c', [x, builder.input('w', [1, 3, 3])], 2), /c: .*but for axis 2/);
  throws(() => builder.matmul('m', x, x), /m: expected matrices that fit/);
  throws(() => builder.transpose(x, [0, 1, 1], 't'), /t: expected an order of 3 axes/);
  throws(() => wholeNumbers(x, 'shape of r'), /shape of r: expected a constant/);
  throws(
    () => wholeNumbers(builder.constant(Float32Array.of(0.5), [1]), 'n'),
    /n: expected whole numbers, got 0.5/,
  );
  throws(() => builder.reduce('s', 'reduce_sum', x, [3], false), /s: expected an axis in -3..2, got 3/);
  const many = builder.constant(Float32Array.of(1), [1]);
  throws(() => builder.expand('big', many, [2 ** 27]), /big .*at most 8388624 more elements/);
  t.ok(new ImportError('shape', '') instanceof Error);
});

t.test('shapes', async (t) => {
  t.same(broadcastShape([3, 1], [1, 4], ''), [3, 4]);
  t.same(broadcastShape([], [2], ''), [2]);
  t.same(completeShape([0, -1], [2, 3, 4], '', true), [2, 12]);
});
