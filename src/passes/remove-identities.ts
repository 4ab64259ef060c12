import { elements, type GraphIndex, type Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { movementView } from '../ops/movement.js';
import { isFloat, uniform, withConstant } from './constants.js';
import { isWhole } from './lower/movement.js';
import { eachNode } from './rewrite.js';

/** Operators whose second operand, where it is this constant, changes nothing; the first too where they commute. */
const NEUTRAL: Record<string, { value: number; commutes: boolean }> = {
  add: { value: 0, commutes: true },
  sub: { value: 0, commutes: false },
  mul: { value: 1, commutes: true },
  div: { value: 1, commutes: false },
  pow: { value: 1, commutes: false },
};

/** Operators that change nothing behind themselves. */
const IDEMPOTENT = new Set(['relu', 'relu6', 'abs', 'floor', 'ceil', 'round', 'trunc', 'sign']);

/** Takes out what gives its input: `x + 0`, `x * 1`, a reshape to the same shape, pads and slices of nothing, relu of relu. */
export const removeIdentities = eachNode((index, node) => {
  const kept = keptInput(index, node);
  if (kept === undefined) return;
  if (node.inputs.length > 1) index.change(node, { op: 'reshape', inputs: [kept], attributes: {} });
  index.bypass(node);
});

/** The input that the node gives as it is. */
function keptInput(index: GraphIndex, node: Node): string | undefined {
  const [x] = node.inputs;
  if (node.inputs.length === 2) return neutralOperand(index, node);
  if (node.inputs.length !== 1) return undefined;
  const output = index.outputOf(node);
  if (`${index.tensor(x).shape}` !== `${output.shape}`) return undefined;
  return isIdentity(index, node) ? x : undefined;
}

function isIdentity(index: GraphIndex, node: Node): boolean {
  const { op } = node;
  if (op === 'reshape' || op === 'concat') return true;
  if (op === 'pad' || op === 'pad2d') return (node.attributes.pads as number[]).every((pad) => pad === 0);
  const producer = index.producerOf(node.inputs[0]);
  if (IDEMPOTENT.has(op) && (producer?.op === op || producer?.attributes.activation === op)) return true;
  const { shape } = index.tensor(node.inputs[0]);
  const view = movementView(op, shape, attributesOf(node));
  return view !== undefined && isWhole(view, elements(shape));
}

function neutralOperand(index: GraphIndex, node: Node): string | undefined {
  const neutral = NEUTRAL[node.op];
  if (!neutral || (node.attributes.activation ?? 'linear') !== 'linear' || !isFloat(index, node))
    return undefined;
  const found = withConstant(index, node);
  if (!found || (found.swapped && !neutral.commutes)) return undefined;
  return uniform(index, found.constant) === neutral.value ? found.x : undefined;
}
