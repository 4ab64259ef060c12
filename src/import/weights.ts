/** Weights of a tfjs model: weight files -> numbers by name. */
import { z } from 'zod';
import { fromF16 } from '../format/f16.js';
import { ImportError } from './errors.js';
import { leavesFolder, type ReadFile } from './source.js';

/** One weight in a manifest. */
export const weightSpec = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'string']),
  quantization: z
    .looseObject({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});

/** Weights that lie, one after another, in the bytes of some files. */
export const weightGroup = z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSpec) });

export type WeightSpec = z.infer<typeof weightSpec>;
export type WeightGroup = z.infer<typeof weightGroup>;

export interface ForeignWeight {
  shape: number[];
  /** Int32Array of an int32 weight, Uint8Array of a bool. */
  data: Float32Array | Int32Array | Uint8Array;
}

const BYTES = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 } as const;

/** Reads every group's files. Quantized weights (uint8, uint16, float16) become f32; texts are left out. */
export async function readWeights(
  manifest: readonly WeightGroup[],
  read: ReadFile,
): Promise<Map<string, ForeignWeight>> {
  const all = new Map<string, ForeignWeight>();
  for (const { paths, weights } of manifest) {
    const outside = paths.find(leavesFolder);
    if (outside !== undefined) {
      throw new ImportError(
        'file',
        `weightsManifest: expected files in the model's folder, got '${outside}'; move them beside the model.json`,
      );
    }
    const parts = await Promise.all(paths.map(read));
    for (const [name, weight] of decodeGroup(paths.join(', '), parts, weights)) all.set(name, weight);
  }
  return all;
}

/**
 * @param files for messages
 * @throws ImportError where the bytes are not as many as the specs say
 */
export function decodeGroup(
  files: string,
  parts: readonly Uint8Array[],
  specs: readonly WeightSpec[],
): Map<string, ForeignWeight> {
  const source = new Parts(parts);
  const weights = new Map<string, ForeignWeight>();
  const fixed = specs.filter(({ dtype }) => dtype !== 'string');
  const expected = fixed.reduce((sum, spec) => sum + bytesOf(spec), 0);
  if (expected > source.length || (fixed.length === specs.length && expected !== source.length)) {
    const what = `${expected} bytes for ${fixed.length} weights`;
    throw new ImportError('length', `${files}: expected ${what}, got ${source.length}`);
  }
  for (const spec of specs) {
    if (spec.dtype === 'string') skipTexts(source, spec, files);
    else weights.set(spec.name, { shape: spec.shape, data: decode(source.take(bytesOf(spec)), spec) });
  }
  return weights;
}

function bytesOf({ shape, dtype, quantization }: WeightSpec): number {
  const size = dtype === 'string' ? 0 : BYTES[quantization?.dtype ?? dtype];
  return shape.reduce((a, b) => a * b, size);
}

/** The bytes of some files, one after another, without a copy of them all. */
class Parts {
  private part = 0;
  private at = 0;
  private left: number;
  readonly length: number;

  constructor(private readonly parts: readonly Uint8Array[]) {
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
    this.left = this.length;
  }

  get remaining(): number {
    return this.left;
  }

  /** The next `count` bytes, of which there are enough; shares memory with the file where they lie in one. */
  take(count: number): Uint8Array {
    this.left -= count;
    while (this.part < this.parts.length - 1 && this.at === this.parts[this.part].length) this.next();
    const inside = this.parts[this.part]?.subarray(this.at, this.at + count) ?? new Uint8Array(0);
    this.at += inside.length;
    if (inside.length === count) return inside;
    const whole = new Uint8Array(count);
    whole.set(inside);
    for (let filled = inside.length; filled < count;) {
      this.next();
      const more = this.parts[this.part].subarray(0, count - filled);
      whole.set(more, filled);
      filled += more.length;
      this.at = more.length;
    }
    return whole;
  }

  private next(): void {
    this.part++;
    this.at = 0;
  }
}

/** Each text is its length in 4 bytes, then its bytes (tfjs `io_utils.ts`). */
function skipTexts(source: Parts, { name, shape }: WeightSpec, files: string): void {
  const count = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    const length = source.remaining < 4 ? Infinity : viewOf(source.take(4)).getUint32(0, true);
    if (length > source.remaining) {
      throw new ImportError(
        'length',
        `${files}: expected ${count} texts of '${name}', got the end of the file at text ${i}`,
      );
    }
    source.take(length);
  }
}

function decode(bytes: Uint8Array, { dtype, quantization }: WeightSpec): ForeignWeight['data'] {
  if (dtype === 'bool') return new Uint8Array(bytes);
  if (!quantization) {
    const { buffer, byteOffset, length } = aligned(bytes);
    return dtype === 'int32'
      ? new Int32Array(buffer, byteOffset, length / 4)
      : new Float32Array(buffer, byteOffset, length / 4);
  }
  const values = dequantized(bytes, quantization);
  return dtype === 'int32' ? Int32Array.from(values, Math.round) : values;
}

/** `stored * scale + min`, rounded once as tfjs does; a float16 is its own value. */
function dequantized(
  bytes: Uint8Array,
  { dtype, scale = 1, min = 0 }: NonNullable<WeightSpec['quantization']>,
): Float32Array {
  const { buffer, byteOffset, length } = aligned(bytes);
  const stored = dtype === 'uint8' ? bytes : new Uint16Array(buffer, byteOffset, length / 2);
  const values = new Float32Array(stored.length);
  if (dtype === 'float16') halves ??= Float32Array.from({ length: 65536 }, (_, bits) => fromF16(bits));
  for (let i = 0; i < stored.length; i++) {
    values[i] = dtype === 'float16' ? halves![stored[i]] : stored[i] * scale + min;
  }
  return values;
}

/** All float16 numbers: a look is 20 times faster than a conversion. */
let halves: Float32Array | undefined;

/** The bytes at a multiple of 4: where they lie, if that is one. (A Buffer's `slice` would be no copy.) */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How many numbers are NaN or infinite. */
export function countNotFinite(data: ForeignWeight['data']): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) count++;
  }
  return count;
}
