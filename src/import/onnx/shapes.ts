/** Shapes and constants: most of these only change how an operand is seen. */
import { elements } from '../../graph/index.js';
import { ImportError } from '../errors.js';
import { broadcastShape, completeShape } from '../values.js';
import type { Convert } from './call.js';
import { natural, permute, reshape, type Operand } from './operand.js';
import { inlineConstant } from './tensors.js';

const reshapeNode: Convert = (call) => {
  const x = call.input(0);
  const target = call.listed('shape', 1);
  if (!target) throw new ImportError('shape', 'shape: expected an input, got none');
  const zeroKeeps = call.int('allowzero', 0) === 0;
  return reshape(call.builder, x, completeShape(target, x.shape, 'shape', zeroKeeps), call.name);
};

const flatten: Convert = (call) => {
  const x = call.input(0);
  const rank = x.shape.length;
  const given = call.int('axis', 1);
  const axis = given === rank ? rank : call.axis(given, rank);
  const shape = [elements(x.shape.slice(0, axis)), elements(x.shape.slice(axis))];
  return reshape(call.builder, x, shape, call.name);
};

const transpose: Convert = (call) => {
  const x = call.input(0);
  const permutation = call.ints('perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  const sorted = permutation.slice().sort((a, b) => a - b);
  if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i))
    throw new ImportError('shape', `perm: expected an order of ${x.shape.length} axes, got [${permutation}]`);
  return permute(x, permutation);
};

const squeeze: Convert = (call) => {
  const x = call.input(0);
  const axes = call.listed('axes', 1)?.map((axis) => call.axis(axis, x.shape.length));
  const bad = axes?.find((axis) => x.shape[axis] !== 1);
  if (bad !== undefined)
    throw new ImportError('shape', `axes: expected axes of 1, got axis ${bad} of [${x.shape}]`);
  const shape = x.shape.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1));
  return reshape(call.builder, x, shape, call.name);
};

const unsqueeze: Convert = (call) => {
  const x = call.input(0);
  const given = call.listed('axes', 1) ?? [];
  const rank = x.shape.length + given.length;
  const axes = given.map((axis) => call.axis(axis, rank));
  const rest = x.shape.slice();
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
  return reshape(call.builder, x, shape, call.name);
};

const expand: Convert = (call) => {
  const x = call.input(0);
  const target = call.required(1, 'shape');
  const shape = broadcastShape(x.shape, target, 'shape');
  if (`${shape}` === `${x.shape}`) return x;
  const full = reshape(call.builder, x, [...shape.slice(x.shape.length).map(() => 1), ...x.shape], call.name);
  return natural(call.builder.expand(call.name, call.natural(full), shape), x.kind);
};

const tile: Convert = (call) => {
  const x = call.input(0);
  return natural(call.builder.tile(call.name, call.natural(x), call.required(1, 'repeats')), x.kind);
};

const shapeNode: Convert = (call) => {
  const { shape } = call.input(0);
  const part = shape.slice(call.int('start', 0), call.has('end') ? call.int('end', 0) : undefined);
  return call.constant(Float32Array.from(part), [part.length], 'integer');
};

const size: Convert = (call) => call.constant(Float32Array.of(elements(call.input(0).shape)), [], 'integer');

/** One attribute says which kind it is. */
const constant: Convert = (call) => {
  const { builder } = call;
  const value = call.raw('value')?.tensor;
  if (value) {
    const { data, shape, kind } = inlineConstant(value, 'value');
    return natural(builder.constant(data, shape), kind);
  }
  if (call.has('value_float')) return call.scalar(call.float('value_float', 0));
  if (call.has('value_int')) return call.scalar(call.int('value_int', 0), 'integer');
  const [floats, ints] = [call.floats('value_floats'), call.ints('value_ints')];
  if (floats) return call.constant(Float32Array.from(floats), [floats.length]);
  if (ints) return natural(builder.constant(Float64Array.from(ints), [ints.length]), 'integer');
  throw call.fault('value: expected a tensor, floats or ints; strings and sparse tensors are not supported');
};

const constantOfShape: Convert = (call) => {
  const shape = call.required(0, 'shape');
  const value = call.raw('value')?.tensor;
  const fill = value ? inlineConstant(value, 'value') : { data: [0], kind: 'float' as const };
  const data = call.builder.computed(call.name, shape, () => fill.data[0]);
  return natural(data, fill.kind);
};

const range: Convert = (call) => {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((name, i) => call.required(i, name)[0]);
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  const data = call.builder.computed(call.name, [length], (i) => start + i * delta);
  return natural(data, call.input(0).kind);
};

/** Where the condition is known only its branch is imported. */
const ifNode: Convert = (call): Operand[] => {
  const condition = call.input(0).stored.constant;
  if (!condition)
    throw call.fault(
      'expected a condition known at import, got one known only at run time; simplify the model first',
    );
  const name = condition[0] ? 'then_branch' : 'else_branch';
  const branch = call.raw(name)?.graph;
  if (!branch) throw new ImportError('format', `${name}: expected a graph, got none`);
  return call.around.inner(branch, `${call.name}/${name}`);
};

export const shapes: Record<string, Convert> = {
  Reshape: reshapeNode,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Shape: shapeNode,
  Size: size,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  If: ifNode,
};
