/** A case and its fault in text. */
import type { Graph, Node, Tensor, Weight } from '../../src/graph/graph.js';
import type { Case } from './case.js';
import type { Failure } from './check.js';

const SHOWN = 16;

function list(values: ArrayLike<number>): string {
  const shown = Array.from(values)
    .slice(0, SHOWN)
    .map((v) => (Object.is(v, -0) ? '-0' : `${v}`));
  return `${shown.join(' ')}${values.length > SHOWN ? ` ... (${values.length})` : ''}`;
}

function tensorText({ dtype, shape, quantization: q }: Tensor): string {
  return `${dtype} [${shape}]${q ? ` scale ${q.scale} zero ${q.zeroPoint}` : ''}`;
}

function weightText(role: string, { dtype, shape, block, data }: Weight): string {
  const blocks = block.some((side) => side > 1) ? ` in ${block.join('x')}` : '';
  return `    ${role} ${dtype} [${shape}]${blocks}: ${list(data)}`;
}

function nodeText({ tensors, weights }: Graph, node: Node): string[] {
  const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const [output] = node.outputs;
  const call = `${node.op}(${[...node.inputs, ...attributes].join(', ')})`;
  return [
    `  ${output} = ${call} -> ${tensorText(tensors.get(output)!)}`,
    ...Object.entries(node.weights).map(([role, name]) => weightText(role, weights.get(name)!)),
  ];
}

/** The graph's inputs with their values, nodes and outputs. */
export function describeCase({ graph, samples }: Case): string {
  const inputs = graph.inputs.flatMap((name, i) => [
    `  ${name}: ${tensorText(graph.tensors.get(name)!)}`,
    ...samples.map((sample) => `    ${list(sample[i])}`),
  ]);
  const nodes = graph.nodes.flatMap((node) => nodeText(graph, node));
  return [...inputs, ...nodes, `  outputs ${graph.outputs.join(', ')}`].join('\n');
}

export function describeFailure(failure: Failure): string {
  const { executor, kind, message, op, tensor, sample, element, of, want, got, bound } = failure;
  const where = [op, tensor && `tensor ${tensor}`, sample !== undefined && `sample ${sample}`].filter(
    Boolean,
  );
  const numbers =
    element === undefined
      ? ''
      : `: element ${element} of ${of}: want ${list([want!])}, got ${list([got!])}, allowed difference ${bound}`;
  return `${executor}, ${kind}: ${message}${where.length > 0 ? `, ${where.join(', ')}` : ''}${numbers}`;
}
