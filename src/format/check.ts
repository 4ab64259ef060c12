import {
  DTYPE_ARRAYS,
  DTYPES,
  MAX_BLOCK_SIDE,
  MAX_ELEMENTS,
  MAX_RANK,
  elements,
  type LopModel,
  type LopNode,
  type LopTensor,
  type LopWeight,
} from './layout.js';

/**
 * Checks that a model can be written, so that a file never has to be refused by its reader. Throws TypeError or
 * RangeError: what, expected, got. What operators mean is not checked here.
 */
export function checkModel(model: LopModel): void {
  for (const [key, tensor] of model.tensors) checkTensor(key, tensor);
  for (const [key, weight] of model.weights) checkWeight(key, weight);
  const produced = new Set<string>();
  for (const name of model.inputs) produce(model, produced, name, 'inputs');
  const names = new Set<string>();
  for (const node of model.nodes) {
    if (names.has(node.name))
      throw new RangeError(`node '${node.name}': expected a unique name, got it twice`);
    names.add(node.name);
    checkNode(model, node, produced);
  }
  checkOutputs(model, produced);
  for (const name of model.tensors.keys()) {
    if (!produced.has(name)) throw new RangeError(`tensor '${name}': expected a producer, got none`);
  }
}

function checkTensor(key: string, { name, shape, dtype, quantization }: LopTensor): void {
  const what = `tensor '${key}'`;
  checkKey(what, key, name);
  checkShape(what, shape);
  checkDType(what, dtype, ['f32', 'i8']);
  if ((dtype === 'i8') !== (quantization !== undefined)) {
    throw new RangeError(
      `${what}: expected quantization exactly where dtype is i8, got ${quantization ? 'it' : 'none'} for ${dtype}`,
    );
  }
  if (!quantization) return;
  const { scale, zeroPoint } = quantization;
  if (!(scale > 0) || !isF32(scale)) {
    throw new RangeError(
      `${what}: scale: expected a positive f32 (use Math.fround), got ${scale} (${Math.fround(scale)} as f32)`,
    );
  }
  if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) {
    throw new RangeError(`${what}: zero point: expected a whole number in -128..127, got ${zeroPoint}`);
  }
}

function checkWeight(key: string, { name, shape, dtype, data, block }: LopWeight): void {
  const what = `weight '${key}'`;
  checkKey(what, key, name);
  checkShape(what, shape);
  checkDType(what, dtype, DTYPES);
  if (!(data instanceof DTYPE_ARRAYS[dtype])) {
    throw new TypeError(
      `${what}: data: expected ${DTYPE_ARRAYS[dtype].name} for ${dtype}, got ${Object.prototype.toString.call(data)}`,
    );
  }
  if (data.length !== elements(shape)) {
    throw new RangeError(
      `${what}: data: expected ${elements(shape)} values for [${shape}], got ${data.length}`,
    );
  }
  if (
    block.length !== 2 ||
    !block.every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_BLOCK_SIDE)
  ) {
    throw new RangeError(
      `${what}: block: expected two whole numbers in 1..${MAX_BLOCK_SIDE}, got [${block}]`,
    );
  }
  const bad = dtype === 'f32' ? data.findIndex((value) => !Number.isFinite(value)) : -1;
  if (bad >= 0) throw new RangeError(`${what}: value ${bad}: expected a finite number, got ${data[bad]}`);
}

function checkNode(model: LopModel, node: LopNode, produced: Set<string>): void {
  const what = `node '${node.name}'`;
  for (const name of node.inputs) {
    if (!produced.has(name))
      throw new RangeError(`${what}: input: expected a tensor made before it, got '${name}'`);
  }
  for (const [role, name] of Object.entries(node.weights)) {
    if (!model.weights.has(name)) {
      throw new RangeError(`${what}: ${role}: expected the name of a weight, got '${name}'`);
    }
  }
  for (const name of node.outputs) produce(model, produced, name, what);
  for (const [key, value] of Object.entries(node.attributes)) checkAttribute(`${what}: ${key}`, value);
}

function checkAttribute(what: string, value: unknown): void {
  if (typeof value === 'string') return;
  if (typeof value === 'number') {
    if (isI32(value) || isF32(value)) return;
    throw new RangeError(
      `${what}: expected an i32 or an exact f32 (use Math.fround), got ${value} (${Math.fround(value)} as f32)`,
    );
  }
  if (!Array.isArray(value)) {
    throw new TypeError(`${what}: expected a number, a list of numbers or a string, got ${typeof value}`);
  }
  if (value.length > 255 || !value.every(isI32)) {
    throw new RangeError(`${what}: expected at most 255 i32, got ${value.length}: [${value.slice(0, 8)}]`);
  }
}

function checkOutputs(model: LopModel, produced: Set<string>): void {
  if (model.inputs.length === 0) throw new RangeError('inputs: expected at least one, got none');
  if (model.outputs.length === 0) throw new RangeError('outputs: expected at least one, got none');
  for (const name of model.outputs) {
    if (!produced.has(name)) throw new RangeError(`outputs: expected a tensor that is made, got '${name}'`);
  }
}

function produce(model: LopModel, produced: Set<string>, name: string, by: string): void {
  if (!model.tensors.has(name)) throw new RangeError(`${by}: expected the name of a tensor, got '${name}'`);
  if (produced.has(name))
    throw new RangeError(`${by}: tensor '${name}': expected one producer, got a second`);
  produced.add(name);
}

function checkKey(what: string, key: string, name: string): void {
  if (key !== name) throw new RangeError(`${what}: expected to be listed under its name, got name '${name}'`);
}

function checkShape(what: string, shape: number[]): void {
  if (shape.length > MAX_RANK || !shape.every((dim) => Number.isInteger(dim) && dim >= 1)) {
    throw new RangeError(
      `${what}: shape: expected at most ${MAX_RANK} whole numbers of at least 1, got [${shape}]`,
    );
  }
  if (elements(shape) >= MAX_ELEMENTS) {
    throw new RangeError(`${what}: shape: expected below ${MAX_ELEMENTS} elements, got [${shape}]`);
  }
}

function checkDType(what: string, dtype: string, expected: readonly string[]): void {
  if (!expected.includes(dtype)) {
    throw new RangeError(`${what}: dtype: expected one of ${expected.join(', ')}, got '${dtype}'`);
  }
}

/** Not -0, which an i32 cannot hold. */
export function isI32(value: unknown): boolean {
  return typeof value === 'number' && Object.is(value | 0, value);
}

function isF32(value: number): boolean {
  return Number.isFinite(value) && Math.fround(value) === value;
}
