import { elements, type Attribute, type Graph, type Node, type Tensor } from '../graph/graph.js';
import { tensorOf, weightsOf } from '../graph/lookup.js';
import { validateGraph } from '../graph/validate.js';
import type { NodeView, OpSpec } from './op.js';
import { getOp } from './table.js';

/** The node's attributes with defaults filled in; RangeError for one missing or unknown to its operator. */
export function attributesOf(node: Node): Record<string, Attribute> {
  const known = getOp(node.op).attributes;
  for (const key of Object.keys(node.attributes)) {
    if (!Object.hasOwn(known, key)) {
      const keys = Object.keys(known).join(', ') || 'none';
      throw new RangeError(`node '${node.name}' (${node.op}): expected attributes ${keys}, got '${key}'`);
    }
  }
  const filled: Record<string, Attribute> = {};
  for (const [key, fallback] of Object.entries(known)) {
    const value = node.attributes[key] ?? fallback;
    if (value === undefined) throw new RangeError(`node '${node.name}' (${node.op}): ${key} is missing`);
    filled[key] = value;
  }
  return filled;
}

/** What the operator's functions see of `node`. */
export function viewOf(graph: Graph, node: Node): NodeView {
  return {
    node,
    inputs: node.inputs.map((name) => tensorOf(graph, name)),
    outputs: node.outputs.map((name) => tensorOf(graph, name)),
    attributes: attributesOf(node),
    weights: weightsOf(graph, node),
  };
}

/** The shape of the node's output; its inputs are in the graph, its output need not be yet. */
export function inferShape(graph: Graph, node: Node): number[] {
  const view = { ...viewOf(graph, { ...node, outputs: [] }), node };
  return named(node, () => {
    checkArity(getOp(node.op), view);
    return getOp(node.op).inferShape(view);
  });
}

/** Checks the whole graph: names and data (`validateGraph`), then each node against its operator. */
export function checkGraph(graph: Graph): void {
  validateGraph(graph);
  graph.nodes.forEach((node) => checkNode(graph, node));
}

/** Checks attributes, weights, dtypes and shapes of a node; RangeError names the node, what, expected, got. */
export function checkNode(graph: Graph, node: Node): void {
  const spec = getOp(node.op);
  const shape = inferShape(graph, node);
  const view = viewOf(graph, node);
  named(node, () => {
    if (view.outputs.length !== 1) throw new RangeError(`outputs: expected 1, got ${view.outputs.length}`);
    const [output] = view.outputs;
    checkOutputShape(spec, shape, output);
    checkDTypes(spec, view);
    spec.check?.(view);
  });
}

function checkArity(spec: OpSpec, { inputs, weights }: Pick<NodeView, 'inputs' | 'weights'>): void {
  const [least, most] = typeof spec.inputs === 'number' ? [spec.inputs, spec.inputs] : spec.inputs;
  if (inputs.length < least || inputs.length > most) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    throw new RangeError(`inputs: expected ${expected}, got ${inputs.length}`);
  }
  const { required, optional } = spec.weights;
  for (const role of required) {
    if (!weights[role]) throw new RangeError(`weights: expected ${required.join(', ')}, ${role} is missing`);
  }
  for (const role of Object.keys(weights)) {
    if (!required.includes(role) && !optional.includes(role)) {
      throw new RangeError(
        `weights: expected ${[...required, ...optional].join(', ') || 'none'}, got '${role}'`,
      );
    }
  }
}

function checkOutputShape(spec: OpSpec, shape: number[], output: Tensor): void {
  const fits = spec.freeShape ? elements(shape) === elements(output.shape) : `${shape}` === `${output.shape}`;
  if (!fits) throw new RangeError(`output '${output.name}': expected [${shape}], got [${output.shape}]`);
}

function checkDTypes(spec: OpSpec, { inputs, outputs: [output] }: NodeView): void {
  const fits = spec.dtypes.some(
    ([from, to]) =>
      inputs.every(({ dtype }, i) => dtype === (typeof from === 'string' ? from : from[i])) &&
      output.dtype === to,
  );
  if (!fits) {
    const expected = spec.dtypes.map(([from, to]) => `${from} -> ${to}`).join(' or ');
    throw new RangeError(
      `dtypes: expected ${expected}, got ${inputs.map((i) => i.dtype).join(', ')} -> ${output.dtype}`,
    );
  }
  if (spec.keepsQuantization) inputs.forEach((input) => checkSameQuantization(input, output));
}

/** Of an int8 input; indices are f32 and have none. */
function checkSameQuantization({ quantization: from }: Tensor, { name, quantization: to }: Tensor): void {
  if (!from || (from.scale === to?.scale && from.zeroPoint === to.zeroPoint)) return;
  throw new RangeError(
    `output '${name}': expected its input's scale and zero point, ` +
      `${from.scale} and ${from.zeroPoint}, got ${to?.scale} and ${to?.zeroPoint}`,
  );
}

/** Puts the node's name before an error's message. */
function named<T>(node: Node, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`node '${node.name}' (${node.op}): ${error.message}`, { cause: error });
  }
}
