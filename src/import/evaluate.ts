/** Operators on constants, by their plain reference. */
import { elements, type Node, type Tensor, type Weight } from '../graph/index.js';
import type { Values } from '../ops/op.js';
import { getOp } from '../ops/table.js';
import type { Allowance } from './allowance.js';
import { ImportError } from './errors.js';
import type { ConstantData, ForeignWeightData } from './values.js';

export interface Known {
  shape: number[];
  data: ConstantData;
}

/**
 * What operator `op` gives for constants, in f32; undefined where it cannot be told beforehand (int8).
 * @param allowance what may still be computed
 * @throws ImportError where they do not fit the operator, or the result is larger than allowed
 */
export function evaluate(
  name: string,
  op: string,
  inputs: readonly Known[],
  attributes: Node['attributes'],
  weights: Record<string, ForeignWeightData>,
  allowance: Allowance,
): Known | undefined {
  const spec = getOp(op);
  if (!spec.reference || op === 'quantize' || op === 'dequantize') return undefined;
  const filled = { ...spec.attributes, ...attributes } as Node['attributes'];
  const node: Node = { name, op, inputs: [], outputs: [], attributes: filled, weights: {} };
  const tensors = inputs.map(({ shape }, i): Tensor => ({ name: `${name}:${i}`, shape, dtype: 'f32' }));
  const view = { node, inputs: tensors, attributes: filled, weights: mapped(weights) };
  try {
    const shape = spec.inferShape(view);
    const given = inputs.map(({ data }) => data);
    allowance.take(`${name} (${op})`, elements(shape), given);
    const output: Tensor = { name, shape, dtype: 'f32' };
    const data = spec.reference({ ...view, outputs: [output] }, inputs.map(asF32), view.weights);
    return { shape, data: allowance.made(data as Float32Array) };
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError('shape', `${name} (${op}): ${(error as Error).message}`, { cause: error });
  }
}

function asF32({ data }: Known): Values {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function mapped(weights: Record<string, ForeignWeightData>): Record<string, Weight> {
  return Object.fromEntries(
    Object.entries(weights).map(([role, { shape, data }]) => {
      return [
        role,
        { name: role, shape, dtype: 'f32', data: asF32({ shape, data }), block: [1, 1] } as Weight,
      ];
    }),
  );
}
