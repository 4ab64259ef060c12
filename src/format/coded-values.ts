import { concat } from './bytes.js';
import { indexBits } from './bits.js';
import { DTYPE_ARRAYS, type LopDType, type Values } from './layout.js';
import { refuse } from './error.js';
import { RangeDecoder, RangeEncoder } from './range-coder.js';
import { codeIntegers, codeSymbols } from './value-model.js';
import { checkFinite, codebook, decodeValues, lookUp, readCodebook, type NumberArray } from './values.js';

/** Range codes what `plain` is the encoding of; `undefined` for encodings that are not range coded. */
export function encodeCoded(
  encoding: Values,
  plain: Uint8Array,
  values: NumberArray,
  dtype: LopDType,
): Uint8Array | undefined {
  const encoder = new RangeEncoder();
  if (encoding === 'codebook') {
    const book = codebook(values, dtype) as NonNullable<ReturnType<typeof codebook>>;
    const { indexAt } = readCodebook(plain, dtype, encoding);
    codeSymbols(encoder, book.indices, indexBits(book.entries.length), 1);
    return concat(plain.subarray(0, indexAt), encoder.finish());
  }
  if (encoding === 'plain' && !(values instanceof Float32Array))
    codeIntegers(encoder, values, bitsOf(values));
  else if (encoding === 'plain') codeSymbols(encoder, plain, 8, 4);
  else if (encoding === 'f16') codeSymbols(encoder, plain, 8, 2);
  else return undefined;
  return encoder.finish();
}

/** Like `decodeValues`, of a range coded stream. Refuses a stream that is longer or shorter than its values. */
export function decodeCoded(
  encoding: Values,
  bytes: Uint8Array,
  dtype: LopDType,
  count: number,
  what: string,
): NumberArray {
  if (encoding === 'codebook') return decodeCodedIndices(bytes, dtype, count, what);
  const decoder = new RangeDecoder(bytes);
  if (dtype !== 'f32') {
    const values = new DTYPE_ARRAYS[dtype](count);
    if (!codeIntegers(decoder, values, bitsOf(values))) {
      refuse('values', `${what}: range coded values`, `${bitsOf(values)} bits`, 'more');
    }
    decoder.end('values', what);
    return values;
  }
  const width = encoding === 'f16' ? 2 : 4;
  const plain = new Uint8Array(count * width);
  codeSymbols(decoder, plain, 8, width);
  decoder.end('values', what);
  return decodeValues(encoding, plain, dtype, count, what);
}

function decodeCodedIndices(bytes: Uint8Array, dtype: LopDType, count: number, what: string): NumberArray {
  const { entries, indexAt } = readCodebook(bytes, dtype, what);
  const decoder = new RangeDecoder(bytes.subarray(indexAt));
  const indices = new Uint8Array(count);
  codeSymbols(decoder, indices, indexBits(entries.length), 1);
  decoder.end('values', what);
  return checkFinite(lookUp(entries, indices, what), what);
}

function bitsOf(values: Int8Array | Int32Array): number {
  return values.BYTES_PER_ELEMENT * 8;
}
