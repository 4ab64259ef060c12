/** Normalizations, and the softmaxes. */
import type { Value } from '../values.js';
import type { Call, Converters } from './call.js';
import { checkChannelsLast } from './window.js';

export interface Moments {
  scale: Value;
  offset: Value;
  mean: Value;
  variance: Value;
}

/** `(x - mean) / sqrt(variance + epsilon) * scale + offset` along the last axis. */
export function batchNorm(call: Call, name: string, x: Value, moments: Moments, epsilon: number): Value {
  const roles = {
    mean: moments.mean,
    variance: moments.variance,
    gamma: moments.scale,
    beta: moments.offset,
  };
  const weights = Object.entries(roles).map(([role, { constant, shape }]) => {
    if (!constant) throw call.wrong(role, 'a constant', 'a tensor known only at run time');
    return [role, { shape, data: constant }] as const;
  });
  return call.builder.op(
    name,
    'batch_norm',
    [x],
    { epsilon: Math.fround(epsilon) },
    Object.fromEntries(weights),
  );
}

function fusedBatchNorm(call: Call): Value {
  checkChannelsLast(call);
  const moments = {
    scale: call.value('scale'),
    offset: call.value('offset'),
    mean: call.value('mean'),
    variance: call.value('variance'),
  };
  return batchNorm(call, call.name, call.value('x'), moments, call.number('epsilon'));
}

function softmax(call: Call): Value {
  return call.builder.softmax(call.name, call.input(0), -1);
}

/** `(x - max) - ln(sum(e^(x - max)))`, which keeps the digits of small probabilities. */
function logSoftmax(call: Call): Value {
  const { name, builder } = call;
  const x = call.input(0);
  const max = builder.reduce(`${name}/max`, 'reduce_max', x, [-1], true);
  const below = builder.binary(`${name}/sub`, 'sub', x, max);
  const sum = builder.reduce(
    `${name}/sum`,
    'reduce_sum',
    builder.op(`${name}/exp`, 'exp', [below]),
    [-1],
    true,
  );
  return builder.binary(name, 'sub', below, builder.op(`${name}/log`, 'log', [sum]));
}

export const normalization: Converters = {
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
  LogSoftmax: logSoftmax,
  Softmax: softmax,
};
