/** The same elements in another shape or order, or around others. */
import { axisOf, broadcastShape, type Value } from '../values.js';
import type { Call, Converter, Converters } from './call.js';

/** IdentityN has several. */
function identity(call: Call): Value[] {
  return [call.input(0), ...call.inputs.slice(1)];
}

function reshape(call: Call): Value {
  return call.builder.reshape(call.value('x'), call.integers('shape'), call.name);
}

/** Without the given axes of 1, or without all. */
function squeeze(call: Call): Value {
  const x = call.value('x');
  const given = call.node.attributes.axis === undefined ? [] : call.integers('axis');
  const axes = given.map((axis) => axisOf(axis, x.shape.length, 'axis'));
  const bad = axes.find((axis) => x.shape[axis] !== 1);
  if (bad !== undefined) throw call.wrong('axis', `an axis of 1 in [${x.shape}]`, bad);
  const shape = x.shape.filter((dim, axis) => (axes.length === 0 ? dim !== 1 : !axes.includes(axis)));
  return call.builder.reshape(x, shape, call.name);
}

function expandDims(call: Call): Value {
  const x = call.value('x');
  const axis = axisOf(call.integer('axis'), x.shape.length + 1, 'axis');
  return call.builder.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)], call.name);
}

function transpose(call: Call): Value {
  const x = call.value('x');
  const order = call.has('perm') ? call.integers('perm') : [...x.shape.keys()].reverse();
  return call.builder.transpose(x, order, call.name);
}

function tile(call: Call): Value {
  return call.builder.tile(call.name, call.value('x'), call.integers('reps'));
}

function broadcastTo(call: Call): Value {
  return call.builder.expand(call.name, call.value('x'), call.integers('shape'));
}

/** The shape that two shapes broadcast to. */
function broadcastArgs(call: Call): Value {
  const shape = broadcastShape(call.integers('s0'), call.integers('s1'), call.name);
  return call.builder.constant(Float32Array.from(shape), [shape.length]);
}

function pad(mode: (call: Call) => string, fill: (call: Call) => number): Converter {
  return (call) => {
    const x = call.value('x');
    const pairs = call.integers('padding');
    if (pairs.length !== 2 * x.shape.length || pairs.some((count) => count < 0))
      throw call.wrong('padding', `two whole numbers for each of ${x.shape.length} axes`, pairs);
    const side = (start: number): number[] => pairs.filter((_, i) => i % 2 === start);
    return call.builder.pad(call.name, x, side(0), side(1), mode(call), fill(call));
  };
}

const constantPad = pad(
  () => 'constant',
  (call) => call.number('constantValue', 0),
);

const mirrorPad = pad(
  (call) => call.text('mode'),
  () => 0,
);

function depthOrSpace(op: 'depth_to_space' | 'space_to_depth'): Converter {
  return (call) => {
    const block = Number(call.node.raw.block_size?.i);
    if (!(block >= 1)) throw call.wrong('block_size', 'at least 1', block);
    return call.builder.op(call.name, op, [call.input(0)], { block });
  };
}

export const shapes: Converters = {
  BroadcastArgs: broadcastArgs,
  BroadcastTo: broadcastTo,
  DepthToSpace: depthOrSpace('depth_to_space'),
  EnsureShape: identity,
  ExpandDims: expandDims,
  Identity: identity,
  IdentityN: identity,
  MirrorPad: mirrorPad,
  NoOp: () => [],
  Pad: constantPad,
  PadV2: constantPad,
  PlaceholderWithDefault: identity,
  PreventGradient: identity,
  Print: (call) => call.input(0),
  Reshape: reshape,
  Snapshot: identity,
  SpaceToDepth: depthOrSpace('space_to_depth'),
  Squeeze: squeeze,
  StopGradient: identity,
  Tile: tile,
  Transpose: transpose,
};
