import type { GraphIndex, Node } from '../../graph/index.js';
import { near } from '../constants.js';
import { eachNode } from '../rewrite.js';
import { lineOf, polynomialOf, productOf, type Product } from './algebra.js';
import { clampOf } from './clamp.js';

const SQRT_2_BY_PI = Math.sqrt(2 / Math.PI);

/** A product of x with a function of x. */
type Gate = (index: GraphIndex, x: string, gate: string, factor: number) => Partial<Node> | undefined;

/** `x * g(x)` is swish, hard_swish, gelu or mish, in whichever order its factors are multiplied. */
export const recognizeGates = eachNode((index, node) => {
  if ((node.op !== 'mul' && node.op !== 'div') || index.outputOf(node).dtype !== 'f32') return;
  if ((node.attributes.activation ?? 'linear') !== 'linear') return;
  for (const [x, gate, factor] of splits(index, node)) {
    const found = GATES.map((recognize) => recognize(index, x, gate, factor)).find((parts) => parts);
    if (!found || `${index.tensor(x).shape}` !== `${index.outputOf(node).shape}`) continue;
    index.change(node, { attributes: {}, ...found, inputs: [x] });
    return;
  }
});

/** The node as `factor * x * gate`: by its own operands, then by the factors of these, where x is no product itself. */
function splits(index: GraphIndex, node: Node): [x: string, gate: string, factor: number][] {
  const products: Product[] = node.op === 'mul' ? [{ factor: 1, tensors: node.inputs }] : [];
  products.push(productOf(index, node.outputs[0]));
  return products
    .filter(({ tensors }) => tensors.length === 2)
    .flatMap(({ factor, tensors: [a, b] }) => [
      [a, b, factor],
      [b, a, factor],
    ]);
}

const swish: Gate = (index, x, gate, factor) => {
  const node = index.producerOf(gate);
  if (node?.op !== 'sigmoid' || !near(factor, 1)) return undefined;
  const { x: inner, a, b } = lineOf(index, node.inputs[0]);
  if (node.inputs[0] === x) return { op: 'swish' };
  return inner === x && b === 0 ? { op: 'swish', attributes: { beta: Math.fround(a) } } : undefined;
};

const hardSwish: Gate = (index, x, gate, factor) => {
  const clamp = clampOf(index, gate);
  if (!clamp || clamp.min !== 0 || clamp.x !== x) return undefined;
  const fits = near(clamp.max * factor, 1) && near(clamp.a * factor, 1 / 6) && near(clamp.b * factor, 0.5);
  return fits ? { op: 'hard_swish' } : undefined;
};

/** `x * 0.5 * (1 + erf(x / sqrt 2))`, and with tanh. */
const gelu: Gate = (index, x, gate, factor) => {
  const { x: inner, a, b } = lineOf(index, gate);
  const node = index.producerOf(inner);
  if (!node || !near(a * factor, 0.5) || !near(b * factor, 0.5)) return undefined;
  if (node.op !== 'erf' && node.op !== 'tanh') return undefined;
  const polynomial = polynomialOf(index, node.inputs[0], x);
  const wanted = node.op === 'erf' ? [0, Math.SQRT1_2] : [0, SQRT_2_BY_PI, 0, SQRT_2_BY_PI * 0.044715];
  if (polynomial?.length !== wanted.length || !polynomial.every((c, k) => near(c, wanted[k])))
    return undefined;
  return node.op === 'erf' ? { op: 'gelu' } : { op: 'gelu', attributes: { approximate: 'tanh' } };
};

const mish: Gate = (index, x, gate, factor) => {
  const tanh = index.producerOf(gate);
  const softplus = tanh?.op === 'tanh' ? index.producerOf(tanh.inputs[0]) : undefined;
  return softplus?.op === 'softplus' && softplus.inputs[0] === x && near(factor, 1)
    ? { op: 'mish' }
    : undefined;
};

const GATES: readonly Gate[] = [swish, hardSwish, gelu, mish];
