/** What is around the operators of a graph-model: inputs, outputs, branches, faults. */
import t from 'tap';
import { tensorOf } from '../../../src/graph/index.js';
import { importModel, ImportError } from '../../../src/import/index.js';
import { random, SEED } from '../../helpers/random.js';
import { float, int, int32, ints, runBoth, sourceOf, truth, type SmallGraph } from './graphs.js';

t.comment(`SEED=${SEED}`);

async function faultsOf(small: SmallGraph, options = {}): Promise<ImportError> {
  const error: unknown = await importModel(sourceOf(small), options).catch((reason: unknown) => reason);
  if (error instanceof ImportError) return error;
  throw new Error(`expected an ImportError, got ${String(error)}`);
}

/** Sums of two inputs, the second of unknown size. */
const TWO_INPUTS: SmallGraph = {
  inputs: { x: [-1, 4, -1], y: [-1, -1] },
  nodes: [{ name: 'sum', op: 'AddV2', input: ['x', 'y'] }],
};

t.test('open dimensions: all inputs are named, and shapes by name fix them', async (t) => {
  const error = await faultsOf(TWO_INPUTS);
  t.equal(error.code, 'shape');
  t.match(
    error.message,
    /pass \{ inputShape \}, or \{ inputShapes \} by name.*\n {2}x: \[-1,4,-1\]\n {2}y: \[-1,-1\]/,
  );
  const { graph, want, got } = await runBoth(
    { ...TWO_INPUTS, inputs: { x: [1, 4, 3], y: [1, 3] } },
    random(),
  );
  t.same(got[0].values, want[0].values);
  const fixed = await importModel(sourceOf(TWO_INPUTS), { inputShapes: { x: [4, 3], y: [1, 3] } });
  t.same(
    fixed.inputs.map((name) => tensorOf(fixed, name).shape),
    graph.inputs.map((name) => tensorOf(graph, name).shape),
  );
  t.match((await faultsOf(TWO_INPUTS, { inputShapes: { z: [1] } })).message, /inputs among x, y, got 'z'/);
  const misfit = await faultsOf(TWO_INPUTS, { inputShapes: { x: [5, 3], y: [3] } });
  t.match(misfit.message, /x: \[-1,4,-1\], which \[5,3\] does not fit/);
});

t.test('one input of open size takes inputShape', async (t) => {
  const small = { inputs: { x: [-1, -1, -1, 3] }, nodes: [{ name: 'y', op: 'Relu', input: ['x'] }] };
  const graph = await importModel(sourceOf(small), { inputShape: [5, 6, 3] });
  t.same(tensorOf(graph, 'x').shape, [5, 6, 3]);
  t.same(graph.outputs, ['y']);
});

/** Doubles `x` where `flag` is true, negates it elsewhere; the branches hang on the predicate by control dependencies. */
function branch(flag: boolean): SmallGraph {
  return {
    inputs: { x: [1, 4] },
    constants: { flag: truth(flag), ten: { shape: [], data: [10] } },
    nodes: [
      { name: 'switch', op: 'Switch', input: ['x', 'flag'] },
      { name: 'no', op: 'Neg', input: ['switch'] },
      { name: 'yes', op: 'AddV2', input: ['switch:1', 'switch:1'] },
      { name: 'merge', op: 'Merge', input: ['no', 'yes'] },
      { name: 'y', op: 'AddV2', input: ['merge', 'ten'] },
    ],
  };
}

for (const flag of [false, true]) {
  t.test(`a branch chosen by a constant: ${flag}`, async (t) => {
    const { graph, want, got } = await runBoth(branch(flag), random());
    t.same(got[0].values, want[0].values);
    t.equal(
      graph.nodes.some(({ op }) => op === 'neg'),
      !flag,
    );
  });
}

t.test('a branch that is a constant with a control dependency', async (t) => {
  const small = branch(true);
  const one = { name: 'one', op: 'Identity', input: ['ten', '^pivot'] };
  const nodes = [
    ...small.nodes.slice(0, 1),
    { name: 'pivot', op: 'Identity', input: ['switch'] },
    one,
    ...small.nodes.slice(2),
  ];
  const merged = nodes.map((node) => (node.op === 'Merge' ? { ...node, input: ['one', 'yes'] } : node));
  const graph = await importModel(sourceOf({ ...small, nodes: merged }));
  t.same(
    graph.nodes.map(({ op }) => op).filter((op) => op !== 'constant'),
    ['add', 'add'],
  );
});

t.test('an input that becomes a constant', async (t) => {
  const small: SmallGraph = {
    inputs: { x: [1, 4, 4, 2], scale: [] },
    constants: { four: { shape: [2], data: [4, 4] } },
    nodes: [
      { name: 'product', op: 'Mul', input: ['four', 'scale'], attr: { T: float } },
      { name: 'size', op: 'Cast', input: ['product'], attr: { SrcT: float, DstT: int32 } },
      { name: 'y', op: 'ResizeBilinear', input: ['x', 'size'] },
    ],
  };
  const { graph, want, got } = await runBoth(small, random(), { inputValues: { scale: 0.5 } });
  t.same(graph.inputs, ['x']);
  t.same(got[0].shape, [2, 2, 2]);
  t.same(got[0].values, want[0].values);
});

t.test('what is known without running: Range, LinSpace, Where, SparseToDense, ScatterNd, ...', async (t) => {
  const constants = {
    zero: int(0),
    four: int(4),
    one: int(1),
    shape: ints(4),
    places: { ...ints(1, 3), shape: [2, 1] },
    values: ints(7, 9),
    flags: { shape: [4], data: [1, 0, 0, 1], dtype: 'bool' as const },
    start: { shape: [], data: [-1] },
    stop: { shape: [], data: [2] },
  };
  const nodes = [
    { name: 'range', op: 'Range', input: ['zero', 'four', 'one'] },
    { name: 'line', op: 'LinSpace', input: ['start', 'stop', 'four'] },
    { name: 'dense', op: 'SparseToDense', input: ['places', 'shape', 'values', 'zero'] },
    { name: 'scattered', op: 'ScatterNd', input: ['places', 'values', 'shape'] },
    { name: 'zeros', op: 'Zeros', input: ['shape'], attr: { T: int32 } },
    { name: 'ones', op: 'Ones', input: ['shape'], attr: { T: int32 } },
    { name: 'ensured', op: 'EnsureShape', input: ['line', 'shape'] },
    { name: 'common', op: 'BroadcastArgs', input: ['shape', 'shape'] },
    { name: 'where', op: 'Where', input: ['flags'] },
  ];
  const small: SmallGraph = {
    inputs: { x: [1, 1] },
    constants,
    nodes: [...nodes, { name: 'y', op: 'AddV2', input: ['x', 'one'] }],
  };
  const outputs = ['y', ...nodes.map(({ name }) => name)];
  const { want, got } = await runBoth(small, random(), { outputs });
  t.same(got.length, outputs.length);
  outputs.forEach((name, i) => t.same(got[i].values, want[i].values, name));
});

t.test('outputs: up to nodes of the middle, and outputs of nodes with several', async (t) => {
  const small: SmallGraph = {
    inputs: { x: [1, 6] },
    constants: { axis: int(1), k: int(30) },
    nodes: [
      { name: 'parts', op: 'Split', input: ['axis', 'x'], attr: { num_split: 2 } },
      { name: 'best', op: 'TopKV2', input: ['parts:1', 'k'] },
      { name: 'y', op: 'Neg', input: ['best'] },
    ],
  };
  const { graph, want, got } = await runBoth(small, random(), { outputs: ['parts:1', 'parts'] });
  t.same(graph.outputs, ['parts:1', 'parts']);
  want.forEach(({ values }, i) => t.same(got[i].values, values));
  t.match(
    (await faultsOf(small, { outputs: ['nothing'] })).message,
    /expected names of nodes, got 'nothing'/,
  );
});

t.test('all faults at once, those behind others and in a loop among them', async (t) => {
  const error = await faultsOf({
    inputs: { x: [1, 4] },
    constants: { size: ints(3), pads: ints(1) },
    nodes: [
      { name: 'fft', op: 'FFT', input: ['x'] },
      { name: 'bad', op: 'Reshape', input: ['x', 'size'] },
      { name: 'after', op: 'Relu', input: ['fft'] },
      { name: 'sorted', op: 'Unique', input: ['after'] },
      { name: 'enter', op: 'Enter', input: ['bad'], attr: { frame_name: 'loop' } },
      { name: 'merge', op: 'Merge', input: ['enter', 'next'] },
      { name: 'step', op: 'TensorListStack', input: ['merge', 'size'] },
      { name: 'next', op: 'NextIteration', input: ['step'] },
      { name: 'exit', op: 'Exit', input: ['step'] },
      { name: 'y', op: 'AddN', input: ['sorted', 'exit'] },
    ],
  });
  t.same(error.faults.map(({ node, op }) => `${node} ${op}`).sort(), [
    'bad Reshape',
    'enter Enter',
    'exit Exit',
    'fft FFT',
    'merge Merge',
    'next NextIteration',
    'sorted Unique',
    'step TensorListStack',
  ]);
  const hint = (node: string): string => error.faults.find((fault) => fault.node === node)!.hint;
  t.match(
    hint('sorted'),
    /chosen by sorting or search at run time; name the tensors that it reads in outputs/,
  );
  t.match(hint('bad'), /expected a shape of 4 elements as \[1,4\] has, got \[3\]/);
});

t.test('broken graphs', async (t) => {
  const x = { x: [1, 4] };
  const cycle = await faultsOf({
    inputs: x,
    nodes: [
      { name: 'a', op: 'AddV2', input: ['x', 'b'] },
      { name: 'b', op: 'Neg', input: ['a'] },
      { name: 'y', op: 'Neg', input: ['b'] },
    ],
  });
  t.match(cycle.message, /expected a graph without cycles, got one through this node/);
  const missing = await faultsOf({ inputs: x, nodes: [{ name: 'y', op: 'Neg', input: ['nothing:1'] }] });
  t.match(missing.message, /y: expected an input that is there, got 'nothing:1'/);
  const twice = await faultsOf({
    inputs: x,
    nodes: ['y', 'y'].map((name) => ({ name, op: 'Neg', input: ['x'] })),
  });
  t.match(twice.message, /y: expected one node of this name, got several/);
  const few = await faultsOf({ inputs: x, nodes: [{ name: 'y', op: 'SquaredDifference', input: ['x'] }] });
  t.match(few.message, /y \(SquaredDifference\): inputs: expected at least 2, got 1/);
  const nan = await faultsOf({
    inputs: x,
    constants: { c: { shape: [1], data: [NaN] } },
    nodes: [{ name: 'y', op: 'AddV2', input: ['x', 'c'] }],
  });
  t.match(nan.message, /c \(Const\): expected numbers, got 1 NaN among 1/);
});
