/** What a quantized model says of scales, in the words of the graph that it becomes. */
import type { Quantization } from '../../graph/index.js';
import type { ConstantData } from '../values.js';
import type { ForeignTensor } from './model.js';

/** Remembered while the f32 graph is built, for `keepQuantized`. */
export class Quantized {
  /** The graph's tensor -> its int8. */
  readonly tensors = new Map<string, Quantization>();
  /** A kernel's real values -> the scale of each output channel, or one. */
  readonly kernels = new Map<ConstantData, readonly number[]>();

  /** A constant's real values -> its int8. */
  readonly constants = new Map<ConstantData, Quantization>();

  /** `to` holds the values of `from` in another order of axes. */
  sameScales(from: ConstantData, to: ConstantData): void {
    const scales = this.kernels.get(from);
    if (scales) this.kernels.set(to, scales);
  }
}

/** The int8 scale and zero point of a quantized activation; uint8 is int8 shifted by 128. */
export function activationQuantization(tensor: ForeignTensor): Quantization | undefined {
  const { type, quantization, table } = tensor;
  if (quantization?.scale.length !== 1 || (type !== 'INT8' && type !== 'UINT8')) return undefined;
  const [scale] = quantization.scale;
  const zeroPoint = quantization.zeroPoint[0] - (type === 'UINT8' ? 128 : 0);
  if (Number.isInteger(zeroPoint) && zeroPoint >= -128 && zeroPoint <= 127) return { scale, zeroPoint };
  throw table.error(`zero_point: expected a value of ${type}, got ${quantization.zeroPoint[0]}`);
}
