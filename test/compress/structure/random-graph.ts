import { elements, type Graph } from '../../../src/graph/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import type { Random } from '../../helpers/random.js';

/** A network under construction: images [H,W,C] that later layers may read. */
interface Draft {
  builder: GraphBuilder;
  random: Random;
  images: string[];
}

/** Adds what reads `from`; gives the new image, or `from` where nothing fits. */
type Step = (draft: Draft, from: string) => string;

/**
 * A random network of everything that channels run through: chains, residual additions, concatenations, depthwise and grouped
 * convolutions, batch norms, shuffles, channels padded and sliced; at its end a flattened, pooled or recurrent head.
 */
export function randomGraph(random: Random, length = 12): Graph {
  const builder = new GraphBuilder([5, 4, 3], random.int(1, 1e6));
  const draft: Draft = { builder, random, images: [] };
  draft.images.push(convolution(draft, 'input'));
  for (let i = 0; i < length; i++) {
    const from = random.next() < 0.6 ? draft.images.at(-1)! : random.pick(draft.images);
    draft.images.push(random.pick(STEPS)(draft, from));
  }
  random.pick(HEADS)(draft, draft.images.at(-1)!);
  return builder.graph;
}

function add(
  { builder }: Draft,
  from: string | string[],
  ...[op, attributes, shapes, shape]: [
    string,
    Parameters<GraphBuilder['add']>[1]?,
    Parameters<GraphBuilder['add']>[2]?,
    number[]?,
  ]
): string {
  builder.add(op, attributes, shapes, { inputs: [from].flat(), shape });
  return builder.graph.outputs[0];
}

function shapeOf({ builder }: Draft, name: string): number[] {
  return builder.graph.tensors.get(name)!.shape;
}

const convolution: Step = (draft, from) => {
  const outputs = draft.random.int(2, 7);
  const activation = draft.random.pick(['linear', 'relu']);
  const kernel = [outputs, 3, 3, shapeOf(draft, from)[2]];
  return add(draft, from, 'conv2d', { pads: [1, 1, 1, 1], activation }, { kernel, bias: [outputs] });
};

const groupedConvolution: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const groups = draft.random.pick([2, 3, 4].filter((count) => channels % count === 0).concat(1));
  const outputs = groups * draft.random.int(1, 3);
  const kernel = [outputs, 1, 1, channels / groups];
  return add(
    draft,
    from,
    draft.random.pick(['conv2d', 'conv_transpose2d']),
    { groups },
    { kernel, bias: [outputs] },
  );
};

const depthwise: Step = (draft, from) => {
  const outputs = shapeOf(draft, from)[2] * draft.random.int(1, 2);
  if (outputs > 16) return from;
  return add(
    draft,
    from,
    'depthwise_conv2d',
    { pads: [1, 1, 1, 1] },
    { kernel: [outputs, 3, 3, 1], bias: [outputs] },
  );
};

const batchNorm: Step = (draft, from) => {
  const channels = [shapeOf(draft, from)[2]];
  const shapes = { gamma: channels, beta: channels, mean: channels, variance: channels };
  return add(draft, from, 'batch_norm', {}, shapes);
};

const unary: Step = (draft, from) =>
  add(draft, from, draft.random.pick(['relu', 'sigmoid', 'tanh', 'relu6']));

const residual: Step = (draft, from) => {
  const shape = shapeOf(draft, from);
  const others = draft.images.filter((name) => `${shapeOf(draft, name)}` === `${shape}`);
  return add(draft, [from, draft.random.pick(others)], draft.random.pick(['add', 'mul']));
};

/** A convolution that brings another image to this one's channels, then both are added. */
const projected: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const other = draft.random.pick(draft.images);
  const kernel = [channels, 1, 1, shapeOf(draft, other)[2]];
  return add(draft, [add(draft, other, 'conv2d', {}, { kernel, bias: [channels] }), from], 'add');
};

const concatenated: Step = (draft, from) => {
  const other = draft.random.pick(draft.images);
  if (shapeOf(draft, from)[2] + shapeOf(draft, other)[2] > 16) return from;
  return add(draft, [from, other], 'concat', { axis: 2 });
};

const paddedChannels: Step = (draft, from) => add(draft, from, 'pad', { pads: [0, 0, 1, 0, 0, 2] });

const slicedChannels: Step = (draft, from) => {
  const [height, width, channels] = shapeOf(draft, from);
  const begin = draft.random.int(0, channels - 1);
  const size = draft.random.int(1, channels - begin);
  return add(draft, from, 'slice', { begin: [0, 0, begin], size: [height, width, size] });
};

/** ShuffleNet's: [H,W,G*K] as [H,W,G,K], both exchanged. */
const shuffled: Step = (draft, from) => {
  const [height, width, channels] = shapeOf(draft, from);
  const groups = draft.random.pick([2, 3, 4].filter((count) => channels % count === 0).concat(1));
  const cut = add(draft, from, 'reshape', {}, {}, [height, width, groups, channels / groups]);
  const moved = add(draft, cut, 'transpose', { permutation: [0, 1, 3, 2] });
  return add(draft, moved, 'reshape', {}, {}, [height, width, channels]);
};

const slopes: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const slope = add(draft, [], 'constant', {}, { value: [1, 1, channels] });
  return add(draft, [from, slope], draft.random.pick(['prelu', 'mul', 'max']));
};

const pooled: Step = (draft, from) =>
  add(draft, from, draft.random.pick(['max_pool2d', 'avg_pool2d']), { size: [3, 3], pads: [1, 1, 1, 1] });

const tiled: Step = (draft, from) => {
  if (shapeOf(draft, from)[2] > 8) return from;
  return add(draft, from, 'tile', { repeats: [1, 1, 2] });
};

const resized: Step = (draft, from) => add(draft, from, 'resize2d', { size: [5, 4] });

const padded: Step = (draft, from) => {
  const wide = add(draft, from, 'pad2d', { pads: [1, 1, 1, 1] });
  return add(draft, wide, 'max_pool2d', { size: [3, 3] });
};

/** Rows in another order. */
const reordered: Step = (draft, from) => {
  const rows = add(draft, [], 'constant', {}, { value: [5] });
  draft.builder.graph.weights.get(`${rows}/value`)!.data.set([4, 2, 0, 1, 3]);
  return add(draft, [from, rows], 'gather', { axis: 0 });
};

/** One number a channel, stretched over the image. */
const stretched: Step = (draft, from) => {
  const mean = add(draft, from, 'reduce_max', { axes: [0, 1], keepdims: 1 });
  return add(draft, [from, add(draft, mean, 'expand', { shape: shapeOf(draft, from) })], 'sub');
};

/** Squeeze and excitation (Hu et al. 2018). */
const excited: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const pool = add(draft, from, 'global_avg_pool2d');
  const narrow = add(draft, pool, 'dense', { activation: 'relu' }, { kernel: [4, channels], bias: [4] });
  const wide = add(draft, narrow, 'dense', {}, { kernel: [channels, 4], bias: [channels] });
  return add(draft, [from, add(draft, wide, 'sigmoid')], 'mul');
};

const barred: Step = (draft, from) => add(draft, from, draft.random.pick(['softmax', 'layer_norm']));

const shared: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const first = add(draft, from, 'conv2d', {}, { kernel: [channels, 1, 1, channels], bias: [channels] });
  const second = add(draft, first, 'conv2d', {}, { kernel: [channels, 1, 1, channels] });
  const { nodes } = draft.builder.graph;
  nodes.at(-1)!.weights = { ...nodes.at(-2)!.weights };
  return second;
};

const STEPS: Step[] = [
  convolution,
  convolution,
  convolution,
  groupedConvolution,
  depthwise,
  batchNorm,
  unary,
  residual,
  residual,
  projected,
  concatenated,
  paddedChannels,
  slicedChannels,
  shuffled,
  slopes,
  pooled,
  tiled,
  resized,
  padded,
  reordered,
  stretched,
  excited,
  barred,
  shared,
];

const flattened: Step = (draft, from) => {
  const size = elements(shapeOf(draft, from));
  const flat = add(draft, from, 'reshape', {}, {}, [size]);
  const hidden = add(draft, flat, 'dense', { activation: 'relu' }, { kernel: [6, size], bias: [6] });
  return add(draft, hidden, 'dense', {}, { kernel: [3, 6], bias: [3] });
};

/** As a network with channels first flattens. */
const flattenedByChannels: Step = (draft, from) =>
  flattened(draft, add(draft, from, 'transpose', { permutation: [2, 0, 1] }));

const meanHead: Step = (draft, from) => {
  const channels = shapeOf(draft, from)[2];
  const mean = add(draft, from, 'reduce_mean', { axes: [0, 1] });
  return add(draft, mean, 'dense', {}, { kernel: [3, channels], bias: [3] });
};

/** Pixels are steps. */
const recurrentHead: Step = (draft, from) => {
  const [height, width, channels] = shapeOf(draft, from);
  const steps = add(draft, from, 'reshape', {}, {}, [height * width, channels]);
  const [op, gates] = draft.random.pick([
    ['lstm', 4],
    ['gru', 3],
    ['simple_rnn', 1],
  ] as const);
  const rows = 5 * gates;
  const weights = { kernel: [rows, channels], recurrent: [rows, 5], bias: [rows], initial_h: [5] };
  const states = add(draft, steps, op, {}, weights);
  const matrix = add(draft, [], 'constant', {}, { value: [5, 3] });
  return add(draft, [states, matrix], 'matmul');
};

const HEADS = [flattened, flattenedByChannels, meanHead, recurrentHead];
