/** Scales and zero points of int8 tensors. */
import type { Quantization, Tensor } from '../../src/graph/graph.js';
import { dequantizeValue } from '../../src/ops/arithmetic.js';
import type { NodeView, Values } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';
import type { Random } from '../helpers/random.js';

const { fround } = Math;

/** The ends and the middle are where clamps meet; 0 behind a relu is what relaxed SIMD asks for. */
function zeroPoint(r: Random): number {
  return r.next() < 0.5 ? r.pick([-128, 0, 127]) : r.int(-128, 127);
}

export function randomQuantization(r: Random): Quantization {
  return {
    scale: fround(r.pick([0.02, 0.02, 1, 1e-4, 3, 2 ** -7]) * (0.5 + r.next())),
    zeroPoint: zeroPoint(r),
  };
}

/** Such that `largest` is about the end of the range: a little within, or a little beyond. */
export function quantizationFor(largest: number, r: Random): Quantization {
  const scale = fround(Math.max(largest, 1e-6) / (60 + 140 * r.next()));
  return { scale: Math.min(scale, 1e30), zeroPoint: zeroPoint(r) };
}

/** The format of a node's int8 output for what it computes as real numbers from these samples. */
export function calibrated(view: NodeView, samples: Values[][], r: Random): Omit<Tensor, 'shape' | 'name'> {
  let largest = 0;
  for (const sample of samples) {
    for (const value of realOutput(view, sample)) {
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    }
  }
  return { dtype: 'i8', quantization: quantizationFor(largest, r) };
}

/** With an int8 kernel the output's dtype alone decides what is stored; other operators run on real inputs. */
function realOutput(view: NodeView, sample: Values[]): Values {
  const spec = getOp(view.node.op);
  if (view.weights.kernel) return spec.reference(view, sample, view.weights);
  const inputs = view.inputs.map((x): Tensor => ({ name: x.name, shape: x.shape, dtype: 'f32' }));
  const reals = sample.map((values, i) => {
    const { quantization } = view.inputs[i];
    return quantization ? Float32Array.from(values, (q) => dequantizeValue(q, quantization)) : values;
  });
  return spec.reference({ ...view, inputs }, reals, view.weights);
}
