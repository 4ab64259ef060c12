/** What is known without running: shapes, ranges, filled tensors. */
import { elements } from '../../graph/index.js';
import type { Value } from '../values.js';
import type { Call, Converter, Converters } from './call.js';

/** Filled by `at(index)`; ImportError for an impossible shape. */
function generated(call: Call, shape: number[], at: (index: number) => number): Value {
  return call.builder.computed(call.name, shape, at);
}

function shapeOf(call: Call): Value[] {
  return [call.input(0), ...call.inputs.slice(1)].map(({ shape }) =>
    generated(call, [shape.length], (axis) => shape[axis]),
  );
}

function scalar(of: (shape: number[]) => number): Converter {
  return (call) => generated(call, [], () => of(call.input(0).shape));
}

function fill(call: Call): Value {
  const shape = call.integers('shape');
  const value = call.value('value');
  if (value.constant) return generated(call, shape, () => value.constant![0]);
  return call.builder.expand(call.name, value, shape);
}

function filled(value: number): Converter {
  return (call) => generated(call, call.integers('shape'), () => value);
}

function like(value: number): Converter {
  return (call) => generated(call, call.value('x').shape, () => value);
}

function range(call: Call): Value {
  const [start, stop, step] = [call.number('start'), call.number('stop'), call.number('step')];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return generated(call, [count], (i) => start + i * step);
}

function linSpace(call: Call): Value {
  const [start, stop, count] = [call.number('start'), call.number('stop'), call.integer('num')];
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  return generated(call, [count], (i) => start + i * step);
}

/** A new last axis: `on` where its index is the one given, else `off`. */
function oneHot(call: Call): Value {
  const { name, builder } = call;
  const indices = call.value('indices');
  const [on, off] = [call.number('onValue', 1), call.number('offValue', 0)];
  const depth = call.integer('depth');
  const axis = Number(call.node.raw.axis?.i ?? -1);
  if (axis !== -1 && axis !== indices.shape.length) throw call.wrong('axis', 'the last', axis);
  const column = builder.reshape(indices, [...indices.shape, 1], `${name}/column`);
  const isHot = builder.binary(
    `${name}/equal`,
    'equal',
    column,
    generated(call, [depth], (i) => i),
  );
  const scaled = builder.binary(
    `${name}/mul`,
    'mul',
    isHot,
    generated(call, [], () => on - off),
  );
  return builder.binary(
    name,
    'add',
    scaled,
    generated(call, [], () => off),
  );
}

/** Where a constant is not 0: [count, rank] indices. */
function where(call: Call): Value {
  const { shape, constant } = call.value('condition');
  if (!constant)
    throw call.wrong(
      'condition',
      'a constant',
      'a tensor known only at run time: the result has no fixed shape',
    );
  const places = Array.from(constant.keys()).filter((i) => constant[i] !== 0);
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const rank = shape.length;
  return generated(call, [places.length, rank], (i) => {
    const axis = i % rank;
    return Math.floor(places[Math.floor(i / rank)] / strides[axis]) % shape[axis];
  });
}

/** Values at the places that the rows of `indices` name: later ones replace, or add to, earlier ones. */
function scatter(call: Call, values: Value, shape: number[], initial: number, adds: boolean): Value {
  const { shape: rows, constant: data } = values;
  if (!data) throw call.wrong('values', 'a constant', 'a tensor known only at run time');
  const places = call.integers(adds ? 'indices' : 'sparseIndices');
  const indices = call.value(adds ? 'indices' : 'sparseIndices').shape;
  const depth = adds ? indices[indices.length - 1] : (indices[1] ?? 1);
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const size = elements(shape.slice(depth));
  const result = generated(call, shape, () => initial);
  const out = result.constant!;
  for (let row = 0; row < places.length / depth; row++) {
    const at = places
      .slice(row * depth, (row + 1) * depth)
      .reduce((sum, place, axis) => sum + place * strides[axis], 0);
    if (!(at >= 0 && at + size <= out.length)) throw call.wrong('indices', `places in [${shape}]`, places);
    for (let i = 0; i < size; i++) {
      const value = data[rows.length === 0 ? 0 : row * size + i];
      out[at + i] = adds ? out[at + i] + value : value;
    }
  }
  return result;
}

function sparseToDense(call: Call): Value {
  return scatter(
    call,
    call.value('sparseValues'),
    call.integers('outputShape'),
    call.number('defaultValue'),
    false,
  );
}

function scatterNd(call: Call): Value {
  return scatter(call, call.value('values'), call.integers('shape'), 0, true);
}

export const constants: Converters = {
  Fill: fill,
  LinSpace: linSpace,
  OneHot: oneHot,
  Ones: filled(1),
  OnesLike: like(1),
  Range: range,
  Rank: scalar((shape) => shape.length),
  ScatterNd: scatterNd,
  Shape: shapeOf,
  ShapeN: shapeOf,
  Size: scalar(elements),
  SparseToDense: sparseToDense,
  Where: where,
  Zeros: filled(0),
  ZerosLike: like(0),
};
