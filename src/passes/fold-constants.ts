import { elements, type GraphIndex, type Node } from '../graph/index.js';
import { viewOf } from '../ops/check.js';
import { getOp } from '../ops/table.js';
import { isFloat } from './constants.js';
import { eachNode } from './rewrite.js';

/** A constant may be this much larger than what it is made of, else a hostile `tile` would fill the memory; in elements. */
const MOST_GROWTH = 4;
const ALWAYS = 2 ** 18;
/** Most products of a matmul: a second of plain loops. */
const MOST_PRODUCTS = 2 ** 28;

/** Nodes without weights whose inputs are all constants are constants: the plain reference evaluates them. */
export const foldConstants = eachNode((index, node) => {
  const constants = node.inputs.map((name) => index.constantOf(name));
  if (constants.length === 0 || constants.includes(undefined)) return;
  if (Object.keys(node.weights).length > 0 || !isFloat(index, node) || !isWorthIt(index, node)) return;
  const view = viewOf(index.graph, node);
  const values = constants.map((constant) => constant!.data as Float32Array);
  const data = getOp(node.op).reference(view, values, {});
  const { shape } = index.outputOf(node);
  const value = index.addWeight(`${node.name}/value`, { shape, dtype: 'f32', data, block: [1, 1] });
  index.change(node, { op: 'constant', inputs: [], attributes: {}, weights: { value } });
});

function isWorthIt(index: GraphIndex, node: Node): boolean {
  const [first, ...others] = node.inputs.map((name) => index.tensor(name).shape);
  const before = [first, ...others].reduce((sum, shape) => sum + elements(shape), 0);
  const after = elements(index.outputOf(node).shape);
  const products = node.op === 'matmul' ? after * Math.max(...first.slice(-2)) : after;
  return after <= Math.max(ALWAYS, MOST_GROWTH * before) && products <= MOST_PRODUCTS;
}
