/** What cannot be imported is named, all of it at once; local functions and known branches are not among it. */
import t from 'tap';
import { ImportError, importModel } from '../../../src/import/index.js';
import { floats, sample } from './cases.js';
import { compare } from './compare.js';
import { encode, type TestFunction, type TestGraph, type TestNode } from './encode.js';

const X = [{ name: 'x', dims: [1, 4] }];

function model(nodes: TestNode[], outputs: string[] = [nodes.at(-1)!.outputs[0]]): TestGraph {
  return { nodes, inputs: X, outputs: outputs.map((name) => ({ name })) };
}

async function errorOf(graph: TestGraph, opset = 13, options = {}): Promise<ImportError> {
  const error = await importModel(encode(graph, opset), options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ImportError) return error;
  throw new Error(`expected an ImportError, got ${String(error)}`);
}

t.test('all unsupported nodes are listed at once, with operator and hint', async (t) => {
  const error = await errorOf(
    model([
      { op: 'NonZero', inputs: ['x'], outputs: ['a'], name: 'find' },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'LRN', inputs: ['x'], outputs: ['c'], name: 'norm', attributes: { size: 3 } },
      { op: 'Mystery', inputs: ['b'], outputs: ['d'], domain: 'org.example' },
      { op: 'Softmax', inputs: ['x'], outputs: ['e'], attributes: { axis: 5 } },
    ]),
  );
  t.match(error.faults, [
    { node: 'find', op: 'NonZero', hint: /known only at run time/ },
    { node: 'norm', op: 'LRN', hint: /local response normalization/ },
    { node: 'd', op: 'Mystery', hint: /domain 'org.example'/ },
    { node: 'e', op: 'Softmax', hint: /axis in -2\.\.1, got 5/ },
  ]);
  t.equal(error.faults.length, 4, 'Relu, whose input is missing, is not a fault');
  t.match(error.message, /find \(NonZero\)/);
  t.match(error.message, /norm \(LRN\)/);
});

t.test('settings that no operator computes are named', async (t) => {
  const image = [{ name: 'x', dims: [1, 3, 6, 6] }];
  const cases: [TestNode, RegExp][] = [
    [
      {
        op: 'MaxPool',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { kernel_shape: [2, 2], dilations: [2, 2] },
      },
      /dilations/,
    ],
    [
      { op: 'Resize', inputs: ['x', '', 's'], outputs: ['y'], attributes: { mode: 'cubic' } },
      /mode: expected nearest or linear, got cubic/,
    ],
    [
      {
        op: 'Resize',
        inputs: ['x', '', 's'],
        outputs: ['y'],
        attributes: { coordinate_transformation_mode: 'tf_crop_and_resize' },
      },
      /got tf_crop_and_resize/,
    ],
    [{ op: 'Einsum', inputs: ['x'], outputs: ['y'], attributes: { equation: 'abcd->abc' } }, /'abcd->abc'/],
    [{ op: 'Conv', inputs: ['x', 'x'], outputs: ['y'] }, /kernel/],
    [{ op: 'Loop', inputs: ['x'], outputs: ['y'] }, /unroll/],
    [{ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }, /shape/],
  ];
  for (const [node, message] of cases) {
    const constants = { s: { dims: [4], data: Float32Array.of(1, 1, 2, 2) } };
    const error = await errorOf({ nodes: [node], constants, inputs: image, outputs: [{ name: 'y' }] });
    t.match(error.message, message, node.op);
    t.equal(error.faults.length, 1);
  }
});

t.test('opsets, ranks and dimensions', async (t) => {
  const relu = model([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }]);
  t.match(await errorOf(relu, 8), { code: 'kind', message: /opset 9 to 21, got 8; convert/ });
  t.match(await errorOf(relu, 25), { code: 'kind', message: /got 25/ });
  const open = { ...relu, inputs: [{ name: 'x', dims: ['N', 'length', 3] }] };
  t.match(await errorOf(open), {
    code: 'shape',
    message: /input 'x': .* got \[N,length,3\]; pass \{ inputShape \}/,
  });
  const graph = await importModel(encode(open, 13), { inputShape: [5, 3] });
  t.same(graph.tensors.get('x')!.shape, [5, 3]);
  t.match(await errorOf(relu, 13, { outputs: ['z'] }), { message: /nothing makes the output 'z'/ });
});

const scaledSum: TestFunction = {
  name: 'ScaledSum',
  domain: 'local',
  inputs: ['a', 'b'],
  outputs: ['sum'],
  attributes: ['slope'],
  nodes: [
    { op: 'LeakyRelu', inputs: ['a'], outputs: ['left'], attributes: { alpha: { reference: 'slope' } } },
    { op: 'Add', inputs: ['left', 'b'], outputs: ['sum'] },
  ],
};

function call(inputs: string[], output: string): TestNode {
  return {
    op: 'ScaledSum',
    domain: 'local',
    inputs,
    outputs: [output],
    attributes: { slope: { float: 0.3 } },
  };
}

t.test("a model's own functions are put in place", async (t) => {
  const graph = model([call(['x', 'x'], 'm'), call(['m', 'x'], 'y')]);
  const bytes = encode(graph, 17, [scaledSum]);
  const imported = await importModel(bytes);
  t.same(
    imported.nodes.map(({ op }) => op),
    ['leaky_relu', 'add', 'leaky_relu', 'add'],
  );
  t.equal(imported.nodes[0].attributes['alpha'], Math.fround(0.3));
  const endless: TestFunction = { ...scaledSum, nodes: [call(['a', 'b'], 'sum')] };
  await t.rejects(importModel(encode(graph, 17, [endless])), /at most 16 functions/);
});

function branch(op: string, name: string): { graph: TestGraph } {
  return { graph: { nodes: [{ op, inputs: ['x'], outputs: [name] }], outputs: [{ name, dims: [1, 4] }] } };
}

function choosing(value: number): TestGraph {
  const branches = { then_branch: branch('Relu', 't'), else_branch: branch('Neg', 'e') };
  return {
    ...model([{ op: 'If', inputs: ['c'], outputs: ['y'], attributes: branches }]),
    constants: { c: { dims: [], data: Uint8Array.of(value), type: 'bool' } },
  };
}

t.test('a branch whose condition is known is taken', async (t) => {
  for (const value of [0, 1]) {
    const { difference } = await compare(choosing(value), 13, { x: sample([1, 4]) });
    t.ok(difference < 1e-6);
  }
  const asked = choosing(1);
  asked.inputs = [...X, { name: 'c', dims: [], type: 'bool' }];
  delete asked.constants;
  t.match(await errorOf(asked), { message: /condition known at import/ });
});

t.test('images are channels last at both ends, and the graph says so', async (t) => {
  const graph = await importModel(
    encode(
      {
        nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
        constants: { w: floats([5, 3, 1, 1]) },
        inputs: [{ name: 'x', dims: ['batch', 3, 6, 7] }],
        outputs: [{ name: 'y' }],
      },
      13,
    ),
  );
  t.same(graph.tensors.get('x')!.shape, [6, 7, 3]);
  t.same(graph.tensors.get('y')!.shape, [6, 7, 5]);
  t.match(graph.metadata['provenance'], {
    format: 'onnx',
    opset: 13,
    inputLayouts: { x: 'nchw -> nhwc' },
    outputLayouts: { y: 'nchw -> nhwc' },
  });
});

t.test('a model of TensorFlow, which transposes its channels-last input, needs no transpose', async (t) => {
  const tf: TestGraph = {
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['c'], attributes: { perm: [0, 3, 1, 2] } },
      { op: 'Conv', inputs: ['c', 'w'], outputs: ['d'] },
      { op: 'Transpose', inputs: ['d'], outputs: ['y'], attributes: { perm: [0, 2, 3, 1] } },
    ],
    constants: { w: floats([5, 3, 2, 2]) },
    inputs: [{ name: 'x', dims: [1, 6, 7, 3] }],
    outputs: [{ name: 'y' }],
  };
  const { graph, difference } = await compare(tf, 13, { x: sample([1, 6, 7, 3]) });
  t.ok(difference < 1e-5);
  t.same(
    graph.nodes.map(({ op }) => op),
    ['conv2d'],
  );
});
