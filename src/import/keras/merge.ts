/** Layers of several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot. */
import { elements } from '../../graph/graph.js';
import type { LayerCall, LayerSpec } from './layer.js';
import { unit } from './normalization.js';

/** Of more than two it is a chain. */
export function merge(op: 'add' | 'mul' | 'max' | 'min'): LayerSpec {
  return { convert: (call) => chain(call, op) };
}

function chain(call: LayerCall, op: string, as?: string): string {
  const inputs = atLeastTwo(call);
  return inputs.reduce((sum, input) => call.node(op, [sum, input], {}, { as }));
}

function atLeastTwo(call: LayerCall): string[] {
  if (call.inputs.length >= 2) return call.inputs;
  throw call.shapeError(`expected at least 2 inputs, got ${call.inputs.length}`);
}

export const subtract: LayerSpec = {
  convert(call) {
    if (call.inputs.length !== 2) throw call.shapeError(`expected 2 inputs, got ${call.inputs.length}`);
    return call.node('sub', call.inputs);
  },
};

export const average: LayerSpec = {
  convert(call) {
    const share = call.constant('share', [1 / call.inputs.length]);
    return call.node('mul', [chain(call, 'add', 'sum'), share]);
  },
};

export const concatenate: LayerSpec = {
  convert(call) {
    const [axis] = call.config.axes('axis', call.shapeOf(call.inputs[0]).length, -1);
    return call.node('concat', atLeastTwo(call), { axis });
  },
};

/** The sum of products along one axis of each; `normalize` makes it the cosine. */
export const dot: LayerSpec = {
  convert(call) {
    const [a, b] = atLeastTwo(call);
    const [shapeA, shapeB] = [call.shapeOf(a), call.shapeOf(b)];
    const axes = [call.config.settings.axes ?? -1].flat() as number[];
    const [axisA] = call.changed([a], { axis: axes[0] }).config.axes('axis', shapeA.length, -1);
    const [axisB] = call.changed([b], { axis: axes.at(-1) }).config.axes('axis', shapeB.length, -1);
    const normalize = call.config.flag('normalize', false);
    const [x, y] = normalize ? [unit(call, a, [axisA], 'unit_a'), unit(call, b, [axisB], 'unit_b')] : [a, b];
    const left = matrix(call, x, axisA, 'left');
    const right = matrix(call, y, axisB, 'right');
    const product = call.node('matmul', [left.tensor, right.tensor], { transpose_b: 1 });
    const shape = [...left.rest, ...right.rest];
    return call.reshape(product, shape.length === 0 ? [1] : shape);
  },
};

/** A tensor as a matrix [others, axis]. */
function matrix(call: LayerCall, x: string, axis: number, as: string): { tensor: string; rest: number[] } {
  const shape = call.shapeOf(x);
  const others = [...shape.keys()].filter((other) => other !== axis);
  const rest = others.map((other) => shape[other]);
  const turned = call.transpose(x, [...others, axis], `${as}_transpose`);
  return { tensor: call.reshape(turned, [elements(rest), shape[axis]], as), rest };
}
