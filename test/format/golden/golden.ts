import type { Values } from '../../../src/ops/op.js';

/** Values of a tensor: `f32` or `i8`, and their bytes in base64. */
export interface EncodedValues {
  dtype: 'f32' | 'i8';
  base64: string;
}

/** A file that was released, and what it answers. */
export interface Golden {
  file: string;
  sha256: string;
  inputs: EncodedValues[];
  outputs: EncodedValues[];
}

export function encodeValues(values: Values): EncodedValues {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: values instanceof Int8Array ? 'i8' : 'f32', base64: bytes.toString('base64') };
}

export function decodeValues({ dtype, base64 }: EncodedValues): Values {
  const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
  return dtype === 'i8' ? new Int8Array(buffer) : new Float32Array(buffer);
}
