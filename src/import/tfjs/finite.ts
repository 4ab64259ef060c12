import { ImportError } from '../errors.js';
import type { ForeignWeight } from '../weights.js';

/** The largest f32. */
export const LARGEST = 3.4028234663852886e38;

/** Infinities, as masks and pads before a maximum have them, become the largest numbers; ImportError for NaN. */
export function finite(data: ForeignWeight['data']): ForeignWeight['data'] {
  if (!(data instanceof Float32Array) || data.every(Number.isFinite)) return data;
  const nans = data.filter((value) => Number.isNaN(value)).length;
  if (nans > 0) throw new ImportError('value', `expected numbers, got ${nans} NaN among ${data.length}`);
  return data.map((value) => Math.min(Math.max(value, -LARGEST), LARGEST));
}
