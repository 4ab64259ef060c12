/** Batch, instance, group and layer normalization, softmax. */
import { elements } from '../../graph/index.js';
import { ImportError } from '../errors.js';
import type { Call, Convert } from './call.js';
import { channelsLast, natural, naturalOrder, ordered, reshape, type Operand } from './operand.js';
import { reduced } from './reduce.js';

/** Over axis 1, which lies last. */
const batchNormalization: Convert = (call) => {
  const x = call.input(0);
  if (call.int('training_mode', 0) === 1)
    throw call.fault('training_mode: expected 0, got 1; export for inference');
  const channels = x.shape[1] ?? 1;
  const names = ['gamma', 'beta', 'mean', 'variance'];
  const weights = Object.fromEntries(
    names.map((name, i) => {
      call.input(i + 1);
      return [name, call.weight([channels], call.vector(i + 1, name, channels)!)];
    }),
  );
  const epsilon = Math.fround(call.float('epsilon', 1e-5));
  const order = channelsLast(x.shape.length);
  const stored = call.builder.op(call.name, 'batch_norm', [call.arrange(x, order)], { epsilon }, weights);
  return ordered(stored, 'float', order);
};

/** Mean 0 and variance 1 over the last axes. */
function standardized(call: Call, x: Operand, axes: readonly number[], epsilon: number): Operand {
  const step = (name: string): string => `${call.name}/${name}`;
  const over = (name: string, from: Operand): Operand =>
    reduced(call, 'reduce_mean', from, axes, true, step(name));
  const centred = call.elementwise('sub', [x, over('mean', x)], {}, 'float', step('centred'));
  const square = call.unary('square', centred, {}, 'float', step('square'));
  const variance = call.elementwise(
    'add',
    [over('variance', square), call.scalar(epsilon)],
    {},
    'float',
    step('epsilon'),
  );
  const factor = call.unary('rsqrt', variance, {}, 'float', step('rsqrt'));
  return call.elementwise('mul', [centred, factor], {}, 'float', step('standardized'));
}

/** x * scale + shift, each of one number a channel (axis 1). */
function scaledChannels(call: Call, x: Operand, scale: Operand, shift: Operand): Operand {
  const dims = x.shape.map((_, axis) => (axis === 1 ? -1 : 1));
  const wide = (v: Operand): Operand => {
    const shape = dims.map((dim) => (dim === -1 ? elements(v.shape) : dim));
    return reshape(call.builder, v, shape, call.name);
  };
  const scaled = call.elementwise('mul', [x, wide(scale)], {}, 'float', `${call.name}/scale`);
  return call.elementwise('add', [scaled, wide(shift)], {}, 'float');
}

/** Each channel over its own pixels, which lie first: means of [N, H * W, C] over axis 1. */
const instanceNormalization: Convert = (call) => {
  const x = call.input(0);
  const epsilon = call.float('epsilon', 1e-5);
  return scaledChannels(call, groupStandardized(call, x, x.shape[1], epsilon), call.input(1), call.input(2));
};

/** Groups of channels over pixels and channels: [N, H * W, g, C / g] over axes 1 and 3. */
function groupStandardized(call: Call, x: Operand, groups: number, epsilon: number): Operand {
  const { builder, name } = call;
  const [n, channels, ...sides] = x.shape;
  if (channels % groups !== 0)
    throw new ImportError('shape', `num_groups: expected a divisor of ${channels} channels, got ${groups}`);
  const order = channelsLast(x.shape.length);
  const image = natural(call.arrange(x, order), 'float');
  const split = reshape(builder, image, [n, elements(sides), groups, channels / groups], name);
  const result = standardized(call, split, [1, 3], epsilon);
  return ordered(builder.reshape(call.natural(result), [n, ...sides, channels], name), 'float', order);
}

/** Scales are of each group until opset 20, of each channel from 21 on. */
const groupNormalization: Convert = (call) => {
  const x = call.input(0);
  const groups = call.int('num_groups', 1);
  const channels = x.shape[1];
  const perChannel = (v: Operand): Operand => {
    if (elements(v.shape) === channels) return v;
    const column = reshape(call.builder, v, [groups, 1], call.name);
    const spread = call.builder.expand(`${call.name}/expand`, call.natural(column), [
      groups,
      channels / groups,
    ]);
    return reshape(call.builder, natural(spread, 'float'), [channels], call.name);
  };
  const result = groupStandardized(call, x, groups, call.float('epsilon', 1e-5));
  return scaledChannels(call, result, perChannel(call.input(1)), perChannel(call.input(2)));
};

/** Over the axes from `axis` on, which become the last one. */
const layerNormalization: Convert = (call) => {
  if (call.node.outputs.slice(1).some((name) => name !== ''))
    throw call.fault('Mean, InvStdDev: expected one output, got more; they serve training');
  const x = call.input(0);
  const axis = call.axis(call.int('axis', -1), x.shape.length);
  const size = elements(x.shape.slice(axis));
  const gamma = layerWeight(call, 1, 'gamma', x.shape.slice(axis));
  const beta = layerWeight(call, 2, 'beta', x.shape.slice(axis));
  const epsilon = Math.fround(call.float('epsilon', 1e-5));
  const flat = call.arrange(x, naturalOrder(x.shape.length), [1, ...x.shape.slice(0, axis), size]);
  const weights = { ...(gamma && { gamma }), ...(beta && { beta }) };
  const stored = call.builder.op(call.name, 'layer_norm', [flat], { epsilon }, weights, flat.shape);
  return natural(call.builder.reshape(stored, x.shape, call.name), 'float');
};

function layerWeight(
  call: Call,
  index: number,
  role: string,
  shape: number[],
): ReturnType<Call['weight']> | undefined {
  const operand = call.optional(index);
  if (!operand) return undefined;
  const { data } = call.constantOf(operand, role);
  const length = elements(shape);
  if (data.length !== length && data.length !== 1)
    throw new ImportError('shape', `${role}: expected [${shape}], got [${operand.shape}]`);
  return call.weight(
    [length],
    Float32Array.from({ length }, (_, i) => data[data.length === 1 ? 0 : i]),
  );
}

/** x / (sum |x|^p)^(1/p) over one axis. */
const lpNormalization: Convert = (call) => {
  const x = call.input(0);
  const axis = call.axis(call.int('axis', -1), x.shape.length);
  const p = call.int('p', 2);
  const step = (name: string): string => `${call.name}/${name}`;
  const powered = call.unary(p === 1 ? 'abs' : 'square', x, {}, 'float', step('power'));
  const sum = reduced(call, 'reduce_sum', powered, [axis], true, step('sum'));
  const norm = p === 1 ? sum : call.unary('sqrt', sum, {}, 'float', step('sqrt'));
  return call.elementwise('div', [x, norm], {}, 'float');
};

/** From opset 13 on over one axis; before, over all axes from `axis` (1) on as one. */
function softmaxOf(call: Call): Operand {
  const x = call.input(0);
  const rank = x.shape.length;
  const axis = call.axis(call.int('axis', call.opset < 13 ? 1 : -1), rank);
  if (call.opset >= 13 || axis === rank - 1) return softmaxOver(call, x, axis);
  const flat = reshape(
    call.builder,
    x,
    [elements(x.shape.slice(0, axis)), elements(x.shape.slice(axis))],
    call.name,
  );
  return reshape(call.builder, softmaxOver(call, flat, 1), x.shape, call.name);
}

/** The axis is put last, where it lies already in an image's channels. */
function softmaxOver(call: Call, x: Operand, axis: number): Operand {
  const rank = x.shape.length;
  const order = [...naturalOrder(rank).filter((other) => other !== axis), axis];
  const last = call.arrange(x, order);
  return ordered(call.builder.softmax(call.name, last, rank - 1), 'float', order);
}

/** Far from 0 the logarithm of a softmax in f32 is infinite: x - max - log(sum(exp(x - max))). */
function logSoftmax(call: Call): Operand {
  const x = call.input(0);
  const rank = x.shape.length;
  const axis = call.axis(call.int('axis', call.opset < 13 ? 1 : -1), rank);
  const axes = call.opset >= 13 ? [axis] : naturalOrder(rank).slice(axis);
  const step = (name: string): string => `${call.name}/${name}`;
  const highest = reduced(call, 'reduce_max', x, axes, true, step('max'));
  const shifted = call.elementwise('sub', [x, highest], {}, 'float', step('shifted'));
  const exp = call.unary('exp', shifted, {}, 'float', step('exp'));
  const sum = reduced(call, 'reduce_sum', exp, axes, true, step('sum'));
  return call.elementwise('sub', [shifted, call.unary('log', sum, {}, 'float', step('log'))], {}, 'float');
}

/** (x - mean) / deviation over `axes`, of [N,C,H,W] all but channels. */
const meanVarianceNormalization: Convert = (call) => {
  const x = call.input(0);
  const axes = (call.ints('axes') ?? [0, 2, 3]).map((axis) => call.axis(axis, x.shape.length));
  return standardized(call, x, axes, 1e-9);
};

export const normalization: Record<string, Convert> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  Softmax: softmaxOf,
  LogSoftmax: logSoftmax,
};
