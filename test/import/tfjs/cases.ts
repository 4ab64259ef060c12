/** One small graph for each operator, and for each of its forms. */
import type { Random } from '../../helpers/random.js';
import {
  bool,
  float,
  int,
  int32,
  ints,
  noise,
  real,
  type Constant,
  type SmallGraph,
  type SmallNode,
} from './graphs.js';

export interface Case extends SmallGraph {
  name: string;
  /** Of the inputs' values; default -2..2. */
  range?: [number, number];
}

type Attributes = NonNullable<SmallNode['attr']>;

const IMAGE = [1, 7, 6, 4];
const ONES = [1, 1, 1, 1];

/** One node `y` that reads the placeholder `x`, then the constants in their order. */
function single(
  op: string,
  shape: number[],
  attr: Attributes = {},
  constants: Record<string, Constant> = {},
  range?: [number, number],
): Case {
  const input = ['x', ...Object.keys(constants)];
  const nodes = [{ name: 'y', op, input, attr }];
  const label = Object.entries(attr).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const sizes = Object.values(constants).map(({ shape: dims, data }) =>
    data.length < 9 ? `(${data})` : `[${dims}]`,
  );
  const name = `${op} [${shape}] ${[...sizes, ...label].join(' ')}`;
  return { name, inputs: { x: shape }, constants, nodes, ...(range && { range }) };
}

/** One node `y` of two placeholders. */
function pair(
  op: string,
  a: number[],
  b: number[],
  attr: Attributes = { T: float },
  range?: [number, number],
): Case {
  const nodes = [{ name: 'y', op, input: ['a', 'b'], attr }];
  return { name: `${op} [${a}] [${b}]`, inputs: { a, b }, nodes, ...(range && { range }) };
}

const POSITIVE: [number, number] = [0.1, 3];

export function elementwiseCases(r: Random): Case[] {
  const signed =
    'Abs Atan Ceil Cos Cosh Elu Erf Exp Expm1 Floor IsNan Neg Relu Relu6 Round Selu Sigmoid Sign Sin Sinh Softplus Square Tan Tanh';
  const positive = 'Log Log1p Reciprocal Rsqrt Sqrt';
  const two =
    'Add AddV2 Maximum Minimum Mul SquaredDifference Sub Atan2 Mod FloorMod FloorDiv RealDiv Div DivNoNan';
  const compared = 'Equal NotEqual Greater GreaterEqual Less LessEqual';
  return [
    ...signed.split(' ').map((op) => single(op, [1, 3, 5], {}, {}, [-1.4, 1.4])),
    ...positive.split(' ').map((op) => single(op, [1, 3, 5], {}, {}, POSITIVE)),
    ...two
      .split(' ')
      .flatMap((op) => [
        pair(op, [1, 3, 5], [1, 3, 5]),
        pair(op, [1, 3, 1], [1, 1, 5]),
        single(op, [1, 3, 5], { T: float }, { c: noise(r, [5], 0.2, 2) }),
      ]),
    pair('Pow', [1, 3, 5], [1, 3, 5], {}, POSITIVE),
    ...compared.split(' ').map((op) => rounded(pair(op, [1, 4, 5], [1, 4, 5]))),
    ...['LogicalAnd', 'LogicalOr'].map((op) => truths(op, ['a', 'b'])),
    truths('LogicalNot', ['a']),
    single('BiasAdd', IMAGE, {}, { b: noise(r, [4]) }),
    single('Prelu', IMAGE, {}, { slope: noise(r, [1, 1, 4]) }),
    single('LeakyRelu', IMAGE, { alpha: real(0.3) }),
    single('ClipByValue', IMAGE, {}, { low: noise(r, [], -1, -0.5), high: noise(r, [], 0.5, 1) }),
    {
      name: 'AddN',
      inputs: { a: [1, 3], b: [1, 3], c: [1, 3] },
      nodes: [{ name: 'y', op: 'AddN', input: ['a', 'b', 'c'] }],
    },
    single('Cast', [1, 9], { SrcT: float, DstT: int32 }),
    rounded(single('Cast', [1, 9], { SrcT: float, DstT: bool })),
    selected('Select', [1, 3, 5]),
    selected('SelectV2', [1, 1, 5]),
  ];
}

/** Inputs as whole numbers, so that some are equal. */
function rounded(one: Case): Case {
  const names = Object.keys(one.inputs);
  const nodes = names.map((name) => ({ name: `${name}/round`, op: 'Round', input: [name] }));
  const rest = one.nodes.map((node) => ({
    ...node,
    input: node.input!.map((name) => (names.includes(name) ? `${name}/round` : name)),
  }));
  return { ...one, nodes: [...nodes, ...rest] };
}

/** A logical operator on comparisons with zero. */
function truths(op: string, names: string[]): Case {
  const compared = names.map((name) => ({ name: `${name}/positive`, op: 'Greater', input: [name, 'zero'] }));
  return {
    name: op,
    inputs: Object.fromEntries(names.map((name) => [name, [1, 9]])),
    constants: { zero: { shape: [], data: [0] } },
    nodes: [...compared, { name: 'y', op, input: compared.map(({ name }) => name) }],
  };
}

function selected(op: string, condition: number[]): Case {
  return {
    name: `${op} by [${condition}]`,
    inputs: { c: condition, a: [1, 3, 5], b: [1, 3, 5] },
    constants: { zero: { shape: [], data: [0] } },
    nodes: [
      { name: 'positive', op: 'Greater', input: ['c', 'zero'] },
      { name: 'y', op, input: ['positive', 'a', 'b'] },
    ],
  };
}

const EXPLICIT = { padding: 'EXPLICIT', explicit_paddings: [0, 0, 1, 2, 0, 1, 0, 0] };

export function convolutionCases(r: Random): Case[] {
  const cases: Case[] = [];
  for (const padding of ['SAME', 'VALID']) {
    for (const step of [1, 2, 3]) {
      const attr = { padding, strides: [1, step, step, 1], dilations: ONES };
      for (const taps of [
        [1, 1],
        [2, 3],
        [3, 3],
      ]) {
        cases.push(single('Conv2D', IMAGE, attr, { filter: noise(r, [...taps, 4, 5]) }));
        cases.push(single('DepthwiseConv2dNative', IMAGE, attr, { filter: noise(r, [...taps, 4, 2]) }));
        if (taps[0] > 1)
          cases.push(
            ...['MaxPool', 'AvgPool'].map((op) => single(op, IMAGE, { ...attr, ksize: [1, ...taps, 1] })),
          );
      }
    }
    const dilated = { padding, strides: [1, 1, 1, 1], dilations: [1, 2, 2, 1] };
    cases.push(single('Conv2D', IMAGE, dilated, { filter: noise(r, [3, 3, 4, 2]) }));
    cases.push(single('DepthwiseConv2dNative', IMAGE, dilated, { filter: noise(r, [2, 3, 4, 1]) }));
    cases.push(
      ...[1, 2].flatMap((step) => [3, 2].map((taps) => transposedConvolution(r, padding, step, taps))),
    );
  }
  cases.push(
    single(
      'Conv2D',
      IMAGE,
      { ...EXPLICIT, strides: [1, 2, 1, 1], dilations: ONES },
      { filter: noise(r, [3, 3, 4, 2]) },
    ),
  );
  return [...cases, ...fusedCases(r), conv1d(r), ...dilatedByBatches(r)];
}

function transposedConvolution(r: Random, padding: string, step: number, taps: number): Case {
  const grown = (length: number): number => (padding === 'SAME' ? length * step : (length - 1) * step + taps);
  const odd = padding === 'SAME' && step === 2 ? 1 : 0;
  return {
    name: `Conv2DBackpropInput ${padding} stride ${step} taps ${taps}`,
    inputs: { x: [1, 4, 5, 3] },
    constants: { shape: ints(1, grown(4) - odd, grown(5), 2), filter: noise(r, [taps, taps, 2, 3]) },
    nodes: [
      {
        name: 'y',
        op: 'Conv2DBackpropInput',
        input: ['shape', 'filter', 'x'],
        attr: { padding, strides: [1, step, step, 1] },
      },
    ],
  };
}

function fusedCases(r: Random): Case[] {
  const strides = { padding: 'SAME', strides: ONES, dilations: ONES };
  const activations: [string, Attributes, Record<string, Constant>][] = [
    ['Relu', {}, {}],
    ['Relu6', {}, {}],
    ['Elu', {}, {}],
    ['Sigmoid', {}, {}],
    ['LeakyRelu', { leakyrelu_alpha: real(0.1) }, {}],
    ['Prelu', {}, { slope: noise(r, [1, 1, 4]) }],
  ];
  return [
    single(
      '_FusedConv2D',
      IMAGE,
      { ...strides, fused_ops: ['BiasAdd'], num_args: 1 },
      { filter: noise(r, [3, 3, 4, 4]), bias: noise(r, [4]) },
    ),
    ...activations.flatMap(([activation, attr, constants]) => {
      const fused = {
        ...attr,
        fused_ops: ['BiasAdd', activation],
        num_args: 1 + Object.keys(constants).length,
      };
      const image = { ...strides, ...fused };
      const bias = noise(r, [4]);
      const vectors = Object.entries(constants).map(([key, value]) => [key, { ...value, shape: [4] }]);
      const depthwise = { filter: noise(r, [3, 3, 4, 1]), bias, ...constants };
      const products = [
        single('_FusedConv2D', IMAGE, image, { filter: noise(r, [3, 3, 4, 4]), bias, ...constants }),
        single('_FusedMatMul', [1, 6], fused, { b: noise(r, [6, 4]), bias, ...Object.fromEntries(vectors) }),
      ];
      // tfjs does not read the slope of a fused depthwise convolution.
      if (activation === 'LeakyRelu') return products;
      return [...products, single('FusedDepthwiseConv2dNative', IMAGE, image, depthwise)];
    }),
    single(
      '_FusedMatMul',
      [3, 6],
      { fused_ops: ['BiasAdd', 'Relu'], num_args: 1 },
      { b: noise(r, [6, 4]), bias: noise(r, [4]) },
    ),
    single(
      'FusedBatchNormV3',
      IMAGE,
      { epsilon: real(0.01) },
      {
        scale: noise(r, [4], 0.5, 1.5),
        offset: noise(r, [4]),
        mean: noise(r, [4]),
        variance: noise(r, [4], 0.5, 1.5),
      },
    ),
  ];
}

/** A 1-D convolution as TensorFlow writes it. */
function conv1d(r: Random): Case {
  return {
    name: 'Conv1D: ExpandDims, Conv2D, Squeeze',
    inputs: { x: [-1, 9, 3] },
    constants: { axis: int(1), filter: noise(r, [1, 3, 3, 4]) },
    nodes: [
      { name: 'row', op: 'ExpandDims', input: ['x', 'axis'] },
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['row', 'filter'],
        attr: { padding: 'SAME', strides: [1, 1, 2, 1], dilations: ONES },
      },
      { name: 'y', op: 'Squeeze', input: ['conv'], attr: { squeeze_dims: [1] } },
    ],
  };
}

function dilatedByBatches(r: Random): Case[] {
  const around = (op: string, filter: Constant): Case => ({
    name: `${op} between SpaceToBatchND and BatchToSpaceND`,
    inputs: { x: IMAGE },
    constants: {
      block: ints(2, 2),
      paddings: { ...ints(2, 3, 2, 2), shape: [2, 2] },
      crops: { ...ints(0, 1, 0, 0), shape: [2, 2] },
      filter,
    },
    nodes: [
      { name: 'phases', op: 'SpaceToBatchND', input: ['x', 'block', 'paddings'] },
      {
        name: 'conv',
        op,
        input: ['phases', 'filter'],
        attr: { padding: 'VALID', strides: ONES, dilations: ONES },
      },
      { name: 'y', op: 'BatchToSpaceND', input: ['conv', 'block', 'crops'] },
    ],
  });
  const square = { block: ints(2, 2), pads: { ...ints(0, 1, 0, 0), shape: [2, 2] } };
  const crops = { block: ints(2, 2), crops: { ...ints(1, 0, 0, 1), shape: [2, 2] } };
  return [
    around('Conv2D', noise(r, [3, 3, 4, 2])),
    around('DepthwiseConv2dNative', noise(r, [3, 3, 4, 1])),
    single('SpaceToBatchND', IMAGE, {}, square),
    single('BatchToSpaceND', [4, 3, 4, 2], {}, crops),
  ];
}

export function matrixCases(r: Random): Case[] {
  return [
    single('MatMul', [1, 6], {}, { b: noise(r, [6, 4]) }),
    single('MatMul', [1, 6], { transpose_b: true }, { b: noise(r, [4, 6]) }),
    single('MatMul', [6, 1], { transpose_a: true }, { b: noise(r, [6, 4]) }),
    single('MatMul', [5, 6], {}, { b: noise(r, [6, 4]) }),
    pair('MatMul', [5, 6], [6, 4]),
    pair('MatMul', [1, 6], [6, 4]),
    pair('MatMul', [5, 6], [4, 6], { transpose_b: true }),
    pair('BatchMatMulV2', [1, 2, 5, 6], [1, 2, 6, 4]),
    pair('BatchMatMulV2', [1, 2, 5, 6], [1, 2, 4, 6], { adj_y: true }),
    pair('BatchMatMulV2', [1, 6, 5], [1, 6, 4], { adj_x: true }),
    pair('BatchMatMulV2', [3, 1, 6], [3, 6, 4]),
    single('BatchMatMulV2', [1, 5, 6], {}, { b: noise(r, [6, 4]) }),
    single('BatchMatMulV2', [1, 2, 5, 6], {}, { b: noise(r, [1, 1, 6, 4]) }),
    ...['abc,cd->abd', 'bc,cd->db'].map((equation, i) =>
      single('Einsum', i === 0 ? [1, 5, 6] : [5, 6], { equation }, { b: noise(r, [6, 4]) }),
    ),
    pair('Einsum', [1, 4, 2, 3], [1, 5, 2, 3], { equation: 'aecd,abcd->acbe' }),
    pair('Einsum', [1, 2, 4, 5], [1, 5, 2, 3], { equation: 'acbe,aecd->abcd' }),
  ];
}

export function reductionCases(): Case[] {
  const axes: [number[], number[]][] = [
    [IMAGE, [1, 2]],
    [IMAGE, [-1]],
    [IMAGE, [0]],
    [IMAGE, [0, 3]],
    [IMAGE, [0, 1, 2, 3]],
    [[3, 4], [0]],
    [IMAGE, []],
  ];
  const reduced = ['Mean', 'Sum', 'Max', 'Min', 'Prod'].flatMap((op) =>
    axes.flatMap(([shape, axis]) =>
      [true, false].map((keep_dims) =>
        single(op, shape, { keep_dims }, { axis: ints(...axis) }, [-1.2, 1.2]),
      ),
    ),
  );
  const places = ['ArgMax', 'ArgMin'].flatMap((op) =>
    [0, 1, 2, -1].map((axis) => single(op, [1, 4, 5], {}, { axis: int(axis) })),
  );
  const norms = [1, -1].map((axis) =>
    single('EuclideanNorm', IMAGE, { keep_dims: axis > 0 }, { axis: ints(axis) }),
  );
  const logical = ['All', 'Any'].map((op): Case => {
    const small = truths(op, ['a']);
    const nodes = [small.nodes[0], { name: 'y', op, input: ['a/positive', 'axis'] }];
    return { ...small, inputs: { a: [1, 6, 2] }, constants: { ...small.constants, axis: ints(-1) }, nodes };
  });
  const softmax = ['Softmax', 'LogSoftmax'].flatMap((op) =>
    [
      [1, 7],
      [1, 3, 5],
      [3, 5],
    ].map((shape) => single(op, shape)),
  );
  return [...reduced, ...places, ...norms, ...logical, ...softmax];
}

export function shapeCases(r: Random): Case[] {
  const image = [1, 4, 6, 2];
  return [
    single('Reshape', [1, 4, 6], {}, { shape: ints(-1, 8, 3) }),
    single('Reshape', [1, 4, 6], {}, { shape: ints(4, 6) }),
    single('Reshape', [4, 6], {}, { shape: ints(1, 2, -1) }),
    single('Squeeze', [1, 4, 1, 6]),
    single('Squeeze', [1, 4, 1, 6], { squeeze_dims: [2] }),
    single('Squeeze', [1, 4, 1, 6], { squeeze_dims: [0] }),
    single('Squeeze', [1, 4, 1, 6], { squeeze_dims: [-2] }),
    ...[0, 1, -1].map((axis) => single('ExpandDims', [1, 4, 6], {}, { axis: int(axis) })),
    ...[
      [0, 2, 1, 3],
      [0, 3, 1, 2],
      [1, 0, 2, 3],
      [3, 2, 1, 0],
      [0, 1, 2, 3],
    ].map((order) => single('Transpose', image, {}, { perm: ints(...order) })),
    single('Transpose', [3, 4], {}, { perm: ints(1, 0) }),
    ...[
      [1, 2, 1],
      [1, 1, 3],
      [2, 1, 1],
      [1, 1, 1],
    ].map((reps) => single('Tile', [1, 3, 2], {}, { reps: ints(...reps) })),
    ...[
      [1, 4, 3],
      [2, 4, 3],
      [5, 1, 4, 3],
    ].map((shape) => single('BroadcastTo', [1, 1, 3], {}, { shape: ints(...shape) })),
    ...[
      [0, 0, 1, 2, 0, 1, 0, 0],
      [0, 0, 0, 0, 0, 0, 1, 1],
      [1, 0, 0, 0, 0, 0, 0, 0],
    ].flatMap((pads) => [
      single('Pad', image, {}, { padding: { ...ints(...pads), shape: [4, 2] } }),
      single('PadV2', image, {}, { padding: { ...ints(...pads), shape: [4, 2] }, value: noise(r, []) }),
    ]),
    ...['REFLECT', 'SYMMETRIC'].map((mode) =>
      single('MirrorPad', image, { mode }, { padding: { ...ints(0, 0, 1, 2, 2, 1, 0, 1), shape: [4, 2] } }),
    ),
    single('DepthToSpace', [1, 3, 2, 8], { block_size: 2, data_format: 'NHWC' }),
    ...['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
      [
        [8, 12],
        [3, 4],
        [7, 5],
        [1, 1],
      ].flatMap((size) => [
        single(op, image, {}, { size: ints(...size) }),
        single(op, image, { align_corners: true }, { size: ints(...size) }),
        single(op, image, { half_pixel_centers: true }, { size: ints(...size) }),
      ]),
    ),
    ...['Identity', 'StopGradient', 'Snapshot'].map((op) => single(op, [1, 3])),
    single('PlaceholderWithDefault', [1, 3]),
    ...['ZerosLike', 'OnesLike', 'Shape', 'Size', 'Rank'].map((op) =>
      single(op, [1, 3, 5], { T: float, dtype: float }),
    ),
    oneHot(r),
    dynamicReshape(),
  ];
}

/** Shape arithmetic as Keras writes it: Flatten, then a Reshape by Pack. */
function dynamicReshape(): Case {
  return {
    name: 'Shape, StridedSlice, Mul, Prod, Pack, Fill: a shape computed at run time',
    inputs: { x: [-1, 4, 6, 2] },
    constants: {
      begin: ints(1),
      end: ints(2),
      one: ints(1),
      two: int(2),
      minus: int(-1),
      value: noise({ next: () => 0.7 } as Random, []),
    },
    nodes: [
      { name: 'shape', op: 'Shape', input: ['x'] },
      {
        name: 'rows',
        op: 'StridedSlice',
        input: ['shape', 'begin', 'end', 'one'],
        attr: { shrink_axis_mask: 1 },
      },
      { name: 'double', op: 'Mul', input: ['rows', 'two'], attr: { T: int32 } },
      { name: 'packed', op: 'Pack', input: ['minus', 'double'], attr: { axis: 0 } },
      { name: 'fill', op: 'Fill', input: ['shape', 'value'] },
      { name: 'sum', op: 'AddV2', input: ['x', 'fill'] },
      { name: 'y', op: 'Reshape', input: ['sum', 'packed'] },
    ],
  };
}

/** A node of several outputs, each read by another node. */
function parts(
  op: string,
  count: number,
  constants: Record<string, Constant>,
  input: string[],
  attr: Attributes,
  shape: number[],
): Case {
  const lists = Object.values(constants).map(({ data }) => `(${data})`);
  const readers = Array.from({ length: count }, (_, i) => {
    return { name: `y${i}`, op: 'Neg', input: [i === 0 ? 'parts' : `parts:${i}`] };
  });
  return {
    name: `${op} [${shape}] ${JSON.stringify(attr)} ${lists.join(' ')}`,
    inputs: { x: shape },
    constants,
    nodes: [{ name: 'parts', op, input, attr }, ...readers],
  };
}

/** Pack has its axis as an attribute, ConcatV2 as its last input. */
function joined(op: string, axis: number, shapes: number[][]): Case {
  const names = shapes.map((_, i) => `x${i}`);
  const node: SmallNode =
    op === 'Pack'
      ? { name: 'y', op, input: names, attr: { axis } }
      : { name: 'y', op, input: [...names, 'axis'], attr: { N: shapes.length } };
  return {
    name: `${op} of ${shapes.map((shape) => `[${shape}]`).join(' ')} on axis ${axis}`,
    inputs: Object.fromEntries(shapes.map((shape, i) => [`x${i}`, shape])),
    constants: { axis: int(axis) },
    nodes: [node],
  };
}

export function slicingCases(r: Random): Case[] {
  return [
    single('Slice', [1, 5, 6], {}, { begin: ints(0, 1, 2), size: ints(1, -1, 3) }),
    single('Slice', [5, 6], {}, { begin: ints(2, 1), size: ints(2, -1) }),
    ...stridedSlices(),
    ...[1, 2].map((axis) =>
      parts('Split', 2, { axis: int(axis) }, ['axis', 'x'], { num_split: 2 }, [1, 4, 6]),
    ),
    parts('Split', 2, { axis: int(0) }, ['axis', 'x'], { num_split: 2 }, [4, 3]),
    parts(
      'SplitV',
      2,
      { sizes: ints(2, -1), axis: int(-1) },
      ['x', 'sizes', 'axis'],
      { num_split: 2 },
      [1, 4, 6],
    ),
    ...[0, 1, 2].map((axis) =>
      parts('Unpack', [1, 3, 2][axis], {}, ['x'], { axis, num: [1, 3, 2][axis] }, [1, 3, 2]),
    ),
    parts('Unpack', 3, {}, ['x'], { axis: 0, num: 3 }, [3, 2]),
    ...[1, 2, -1].map((axis) =>
      joined('ConcatV2', axis, [
        [1, 3, 4],
        [1, 3, 4],
      ]),
    ),
    joined('ConcatV2', 0, [
      [1, 3],
      [1, 3],
      [1, 3],
    ]),
    joined('ConcatV2', 0, [
      [2, 3],
      [1, 3],
    ]),
    joined('ConcatV2', 1, [
      [2, 3],
      [2, 1],
    ]),
    ...[0, 1, 3].map((axis) =>
      joined('Pack', axis, [
        [1, 3, 4],
        [1, 3, 4],
      ]),
    ),
    joined('Pack', 0, [[3], [3]]),
    ...[0, 1, 2].map((axis) =>
      single('GatherV2', [1, 4, 5], {}, { indices: ints(0, 0, 0), axis: int(axis) }),
    ),
    single('GatherV2', [1, 4, 5], {}, { indices: ints(3, 0), axis: int(1) }),
    single('GatherV2', [1, 4, 5], {}, { indices: int(2), axis: int(1) }),
    single('GatherV2', [4, 5], {}, { indices: { ...ints(3, 0, 1, 1), shape: [2, 2] }, axis: int(0) }),
    single('GatherNd', [4, 5], {}, { indices: { ...ints(3, 0, 1, 1), shape: [2, 2] } }),
    single('GatherNd', [1, 4, 5], {}, { indices: { ...ints(0, 0, 0, 2), shape: [1, 2, 2] } }),
    ...[[1], [0, 2], [-1]].map((axes) => single('ReverseV2', [1, 3, 4], {}, { axis: ints(...axes) })),
    embedding(r),
    parts('TopKV2', 2, { k: int(4) }, ['x', 'k'], { sorted: true }, [1, 3, 6]),
    parts('TopKV2', 2, { k: int(1) }, ['x', 'k'], { sorted: true }, [1, 6]),
  ];
}

function oneHot(r: Random): Case {
  return {
    name: 'OneHot of an input',
    inputs: { x: [1, 6] },
    constants: { depth: int(4), on: noise(r, []), off: noise(r, []) },
    range: [0, 3.99],
    nodes: [
      { name: 'index', op: 'Cast', input: ['x'], attr: { SrcT: float, DstT: int32 } },
      { name: 'y', op: 'OneHot', input: ['index', 'depth', 'on', 'off'], attr: { T: float } },
    ],
  };
}

/** Rows of a table, chosen by whole numbers among the inputs. */
function embedding(r: Random): Case {
  return {
    name: 'GatherV2 of a constant table by an input',
    inputs: { x: [1, 6] },
    constants: { table: noise(r, [3, 4]), axis: int(0) },
    range: [0, 2.99],
    nodes: [
      { name: 'index', op: 'Cast', input: ['x'], attr: { SrcT: float, DstT: int32 } },
      { name: 'y', op: 'GatherV2', input: ['table', 'index', 'axis'] },
    ],
  };
}

/** begin, end and strides of `x[...]`, and the masks in the order begin, end, ellipsis, new axis, shrink. */
const SLICES: [shape: number[], begin: number[], end: number[], strides: number[], masks: number[]][] = [
  [
    [1, 5, 6],
    [0, 1, 2],
    [1, 4, 6],
    [1, 1, 2],
    [0, 0, 0, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, -3, -2],
    [1, 5, 6],
    [1, 1, 1],
    [0, 0, 0, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, 9, 0],
    [0, 2, 0],
    [1, 1, 1],
    [0b111, 0b101, 0, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, 4, 0],
    [1, -6, 6],
    [1, -2, 1],
    [0, 0, 0, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, 0, 0],
    [0, 0, 0],
    [1, -1, 1],
    [0b111, 0b111, 0, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, 2],
    [0, 3],
    [1, 1],
    [0, 0, 0b01, 0, 0],
  ],
  [
    [1, 5, 6],
    [0, 0, 2],
    [0, 0, 3],
    [1, 1, 1],
    [0b001, 0b001, 0b010, 0, 0b100],
  ],
  [
    [1, 5, 6],
    [0, 0, 1],
    [0, 0, 3],
    [1, 1, 1],
    [0b001, 0b001, 0, 0b010, 0],
  ],
  [
    [1, 5, 6],
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0, 0, 0, 0b01],
  ],
  [
    [1, 5, 6],
    [0, -1],
    [1, 0],
    [1, 1],
    [0b01, 0b01, 0, 0, 0b10],
  ],
  [
    [1, 5, 6],
    [0, 3, 0],
    [0, 4, 2],
    [1, 1, 1],
    [0b001, 0b001, 0, 0, 0b010],
  ],
  [[1, 5, 6], [0], [1], [1], [0, 0, 0, 0b1, 0]],
  [[5, 6], [1], [4], [2], [0, 0, 0, 0, 0]],
  [
    [1, 5, 6],
    [0, 0, 0, 2],
    [0, 0, 0, 4],
    [1, 1, 1, 1],
    [0b0011, 0b0011, 0b0100, 0b0010, 0],
  ],
];

function stridedSlices(): Case[] {
  const names = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
  return SLICES.map(([shape, begin, end, strides, masks]) => {
    const attr = Object.fromEntries(names.map((name, i) => [name, masks[i]]));
    return single('StridedSlice', shape, attr, {
      begin: ints(...begin),
      end: ints(...end),
      strides: ints(...strides),
    });
  });
}
