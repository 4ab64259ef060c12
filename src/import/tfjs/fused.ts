/** What a fused operator does after its product: bias, batch norm, activation. */
import { elements } from '../../graph/index.js';
import type { ForeignWeightData, Value } from '../values.js';
import type { Call } from './call.js';
import { batchNorm } from './normalization.js';

/** Activations that the graph's convolutions and dense layers apply themselves. */
const INSIDE = ['relu', 'relu6'];

/** Of `fused_ops`, in TensorFlow's names in lower case: those without arguments. */
const PLAIN: Record<string, string> = {
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
};

type Step = (name: string, x: Value) => Value;

/** The product alone: `bias` and `activation` as far as the graph's operator takes them. */
export type Product = (name: string, bias: Record<string, ForeignWeightData>, activation: string) => Value;

/**
 * A product and what is fused to it. Nodes between have the name and a suffix; the last has the name itself.
 * @param outputs channels of the product
 */
export function fused(call: Call, outputs: number, product: Product): Value {
  const { bias, steps, activation } = epilogue(call, outputs);
  const first = product(steps.length > 0 ? `${call.name}/product` : call.name, bias, activation);
  return steps.reduce((x, step, i) => {
    return step(i === steps.length - 1 ? call.name : `${call.name}/${i}`, x);
  }, first);
}

interface Epilogue {
  bias: Record<string, ForeignWeightData>;
  activation: string;
  steps: Step[];
}

/** Splits `fused_ops` into what the graph's operator does itself and the steps after it. */
function epilogue(call: Call, outputs: number): Epilogue {
  const { builder } = call;
  const ops = 'fusedOps' in call.node.attributes ? call.texts('fusedOps') : [];
  const args = 'args' in call.node.ranges ? call.values('args') : [];
  const inside: Epilogue = { bias: {}, activation: 'linear', steps: [] };
  for (const op of ops) {
    if (op === 'biasadd') {
      const bias = argument(call, args, op);
      if (bias.constant && elements(bias.shape) === outputs) inside.bias = { bias: vector(bias) };
      else inside.steps.push((name, x) => builder.binary(name, 'add', x, bias));
    } else if (op === 'fusedbatchnorm') {
      const [scale, offset, mean, variance] = [0, 1, 2, 3].map(() => argument(call, args, op));
      const epsilon = call.number('epsilon');
      inside.steps.push((name, x) => batchNorm(call, name, x, { scale, offset, mean, variance }, epsilon));
    } else if (INSIDE.includes(op) && inside.steps.length === 0) inside.activation = op;
    else inside.steps.push(activationStep(call, op, args));
  }
  return inside;
}

function activationStep(call: Call, op: string, args: Value[]): Step {
  const { builder } = call;
  if (op === 'prelu') {
    const slope = argument(call, args, op);
    return (name, x) => builder.binary(name, 'prelu', x, slope);
  }
  if (op === 'elu') return (name, x) => builder.op(name, 'elu', [x], { alpha: 1 });
  if (op === 'leakyrelu') {
    const alpha = call.number('leakyreluAlpha', Number(call.node.raw.leakyrelu_alpha?.f ?? 0.2));
    return (name, x) => builder.op(name, 'leaky_relu', [x], { alpha });
  }
  if (!Object.hasOwn(PLAIN, op)) throw call.wrong('fused_ops', 'bias, batch norm or an activation', op);
  return (name, x) => builder.op(name, PLAIN[op], [x]);
}

function argument(call: Call, args: Value[], op: string): Value {
  const value = args.shift();
  if (!value) throw call.wrong('fused_ops', `an input for ${op}`, 'none');
  return value;
}

function vector({ constant }: Value): ForeignWeightData {
  return { shape: [constant!.length], data: constant! };
}
