import { elements, MAX_RANK, type DType, type Graph, type Node, type Tensor, type Weight } from './graph.js';

const ARRAYS = { f32: Float32Array, i8: Int8Array, i32: Int32Array } as const;

/**
 * Checks all that can be known without knowing operators: every name leads somewhere, each tensor has one producer
 * that runs before its readers, shapes are whole numbers >= 1 of rank <= 6, data fits shape and dtype, and int8
 * tensors have a scale. Throws RangeError at the first fault. `ops/check.ts` also checks operators.
 */
export function validateGraph(graph: Graph): void {
  for (const [key, tensor] of graph.tensors) checkTensor(key, tensor);
  for (const [key, weight] of graph.weights) checkWeight(key, weight);
  if (graph.outputs.length === 0) throw new RangeError('outputs: expected at least one, got none');
  const available = new Set<string>();
  for (const name of graph.inputs) produce(graph, available, name, 'inputs');
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (names.has(node.name))
      throw new RangeError(`node '${node.name}': expected a unique name, got it twice`);
    names.add(node.name);
    checkNames(graph, node, available);
    for (const name of node.outputs) produce(graph, available, name, `node '${node.name}'`);
  }
  for (const name of graph.outputs) {
    if (!available.has(name)) throw new RangeError(`outputs: nothing produces '${name}'`);
  }
}

function checkTensor(key: string, tensor: Tensor): void {
  const what = `tensor '${tensor.name}'`;
  checkKey(what, key, tensor.name);
  checkShape(what, tensor.shape);
  checkDType(what, tensor.dtype);
  const { quantization: q } = tensor;
  if ((tensor.dtype === 'i8') !== (q !== undefined)) {
    throw new RangeError(
      `${what}: expected a scale exactly where dtype is i8, got ${q ? 'one' : 'none'} for ${tensor.dtype}`,
    );
  }
  if (q && !(q.scale > 0 && Math.fround(q.scale) === q.scale && Number.isFinite(q.scale))) {
    throw new RangeError(`${what}: expected a positive f32 scale, got ${q.scale}`);
  }
  if (q && !(Number.isInteger(q.zeroPoint) && q.zeroPoint >= -128 && q.zeroPoint <= 127)) {
    throw new RangeError(`${what}: expected a zero point in -128..127, got ${q.zeroPoint}`);
  }
}

function checkWeight(key: string, weight: Weight): void {
  const what = `weight '${weight.name}'`;
  checkKey(what, key, weight.name);
  checkShape(what, weight.shape);
  checkDType(what, weight.dtype);
  if (!(weight.data instanceof ARRAYS[weight.dtype])) {
    throw new TypeError(
      `${what}: expected ${ARRAYS[weight.dtype].name} for ${weight.dtype}, got ${weight.data.constructor.name}`,
    );
  }
  if (weight.data.length !== elements(weight.shape)) {
    throw new RangeError(
      `${what}: expected ${elements(weight.shape)} values for [${weight.shape}], got ${weight.data.length}`,
    );
  }
  if (
    weight.block.length !== 2 ||
    !weight.block.every((side) => Number.isInteger(side) && side >= 1 && side <= 255)
  ) {
    throw new RangeError(`${what}: expected a block of two whole numbers in 1..255, got [${weight.block}]`);
  }
}

function checkKey(what: string, key: string, name: string): void {
  if (key !== name) throw new RangeError(`${what}: expected to be listed under its name, got '${key}'`);
}

function checkShape(what: string, shape: number[]): void {
  if (shape.length > MAX_RANK || !shape.every((dim) => Number.isInteger(dim) && dim >= 1)) {
    throw new RangeError(`${what}: expected at most ${MAX_RANK} dimensions of at least 1, got [${shape}]`);
  }
}

function checkDType(what: string, dtype: DType): void {
  if (!Object.hasOwn(ARRAYS, dtype)) throw new RangeError(`${what}: expected f32, i8 or i32, got ${dtype}`);
}

function checkNames(graph: Graph, node: Node, available: Set<string>): void {
  for (const name of node.inputs) {
    if (!available.has(name))
      throw new RangeError(`node '${node.name}': nothing before it produces its input '${name}'`);
  }
  for (const [role, name] of Object.entries(node.weights)) {
    if (!graph.weights.has(name))
      throw new RangeError(`node '${node.name}': its ${role} '${name}' is not in the graph`);
  }
}

function produce(graph: Graph, available: Set<string>, name: string, by: string): void {
  if (!graph.tensors.has(name)) throw new RangeError(`${by}: tensor '${name}' is not in the graph`);
  if (available.has(name)) throw new RangeError(`${by}: tensor '${name}' already has a producer`);
  available.add(name);
}
