import { blockGrid } from './blocks.js';
import { ByteReader } from './bytes.js';
import { readContainer } from './container.js';
import { decodeWeight } from './decode.js';
import { LopError, refuse } from './error.js';
import {
  CODED_OF,
  CODED_POSITIONS,
  CODED_VALUES,
  DTYPES,
  MAX_ELEMENTS,
  MAX_RANK,
  POSITIONS,
  VALUES,
  VALUES_OF,
  elementLimit,
  elements,
  type LopDType,
  type LopModel,
  type LopTensor,
  type LopWeight,
  type StoredWeight,
} from './layout.js';
import { readNodes } from './read-nodes.js';
import { decodeText, readCount, readStrings, stringAt } from './strings.js';

/** A file's content with its weights still as they are stored. */
export interface StoredModel extends Omit<LopModel, 'weights'> {
  weights: Map<string, StoredWeight>;
}

/**
 * Reads a `.lop` file into a model; reading is validating. Throws LopError where the file is broken.
 * Takes memory and time in proportion to the file's weights, of which a file of n bytes may have 256 n + 2^22.
 */
export function readLop(file: Uint8Array): LopModel {
  const stored = readStored(file);
  const weights = new Map<string, LopWeight>();
  for (const [name, weight] of stored.weights) {
    const data = decodeWeight(weight, `weight '${name}'`);
    weights.set(name, { name, shape: weight.shape, dtype: weight.dtype, data, block: weight.block });
  }
  return { ...stored, weights };
}

/** Reads and checks all but the weights' positions and values. */
export function readStored(file: Uint8Array): StoredModel {
  // A Node Buffer's `slice` does not copy, an array's does.
  const sections = readContainer(new Uint8Array(file.buffer, file.byteOffset, file.byteLength));
  const strings = readStrings(sections.strings);
  const tensors = readTensors(sections.tensors, strings);
  const weights = readWeights(sections.weights, strings, elementLimit(file.length));
  const graph = readNodes(sections.nodes, {
    strings,
    tensors: [...tensors.keys()],
    weights: [...weights.keys()],
  });
  return { ...graph, tensors, weights, metadata: readMetadata(sections.metadata) };
}

function readTensors(bytes: Uint8Array, strings: string[]): Map<string, LopTensor> {
  const reader = new ByteReader(bytes, 'section tensors');
  const tensors = new Map<string, LopTensor>();
  for (let left = readCount(reader, 'tensors'); left > 0; left--) {
    const typed = readTyped(reader, strings, 'tensor', tensors);
    if (typed.dtype === 'i32') refuse('dtype', `tensor '${typed.name}': dtype`, 'f32 or i8', 'i32');
    tensors.set(
      typed.name,
      typed.dtype === 'i8' ? { ...typed, quantization: readQuantization(reader, typed.name) } : typed,
    );
  }
  reader.end();
  return tensors;
}

interface Typed {
  name: string;
  shape: number[];
  dtype: LopDType;
}

/** What tensors and weights begin with: name, dtype, rank, dimensions. */
function readTyped(
  reader: ByteReader,
  strings: string[],
  kind: string,
  taken: ReadonlyMap<string, unknown>,
): Typed {
  const name = stringAt(strings, reader.u16(), `${kind} ${taken.size}: name`);
  const what = `${kind} '${name}'`;
  if (taken.has(name)) refuse('name', what, 'a unique name', 'it twice');
  const type = reader.u8();
  const dtype = DTYPES[type] ?? refuse('dtype', `${what}: dtype`, `below ${DTYPES.length}`, type);
  const rank = reader.u8();
  if (rank > MAX_RANK) refuse('rank', `${what}: rank`, `at most ${MAX_RANK}`, rank);
  const shape = Array.from({ length: rank }, () => reader.u32());
  if (shape.includes(0)) refuse('dimension', `${what}: dimensions`, 'at least 1', `[${shape}]`);
  if (elements(shape) >= MAX_ELEMENTS) {
    refuse('dimension', `${what}: elements`, `below ${MAX_ELEMENTS}`, `${elements(shape)} of [${shape}]`);
  }
  return { name, shape, dtype };
}

function readQuantization(reader: ByteReader, name: string): { scale: number; zeroPoint: number } {
  const scale = reader.f32();
  if (!(scale > 0 && scale < Infinity)) {
    refuse('quantization', `tensor '${name}': scale`, 'a positive finite number', scale);
  }
  return { scale, zeroPoint: reader.i8() };
}

function readWeights(bytes: Uint8Array, strings: string[], limit: number): Map<string, StoredWeight> {
  const reader = new ByteReader(bytes, 'section weights');
  const weights = new Map<string, StoredWeight>();
  let total = 0;
  for (let left = readCount(reader, 'weights'); left > 0; left--) {
    const weight = readWeight(reader, strings, weights);
    weights.set(weight.name, weight);
    total += elements(weight.shape);
    if (total > limit) refuse('limit', 'weights', `at most ${limit} for a file of this size`, total);
  }
  reader.end();
  return weights;
}

function readWeight(
  reader: ByteReader,
  strings: string[],
  taken: ReadonlyMap<string, unknown>,
): StoredWeight {
  const typed = readTyped(reader, strings, 'weight', taken);
  const what = `weight '${typed.name}'`;
  const block: [number, number] = [reader.u8(), reader.u8()];
  if (block.includes(0)) refuse('block', `${what}: block`, 'sides of at least 1', `[${block}]`);
  const positions = pick(POSITIONS, reader.u8(), `${what}: positions`);
  const values = pick(VALUES, reader.u8(), `${what}: values`);
  if (!VALUES_OF[typed.dtype].includes(values)) {
    refuse('encoding', `${what}: values of ${typed.dtype}`, VALUES_OF[typed.dtype].join(', '), values);
  }
  const coding = reader.u8();
  const coded = positions === 'modelled' ? CODED_POSITIONS : 0;
  if ((coding & ~CODED_VALUES) !== coded) {
    refuse(
      'encoding',
      `${what}: coding for ${positions} positions`,
      `${coded} or ${coded | CODED_VALUES}`,
      coding,
    );
  }
  if (coding & CODED_VALUES && !CODED_OF[typed.dtype].includes(values)) {
    refuse(
      'encoding',
      `${what}: range coded values of ${typed.dtype}`,
      CODED_OF[typed.dtype].join(', '),
      values,
    );
  }
  const kept = reader.u32();
  const { blocks } = blockGrid({ shape: typed.shape, block });
  const expected = positions === 'all' ? blocks : Math.min(kept, blocks);
  if (kept !== expected) {
    refuse('positions', `${what}: kept blocks`, `${positions === 'all' ? '' : 'at most '}${blocks}`, kept);
  }
  const positionBytes = reader.u32();
  const valueBytes = reader.u32();
  const bytes = reader.take(positionBytes);
  return { ...typed, block, positions, values, coding, kept, bytes, valueStream: reader.take(valueBytes) };
}

function pick<T>(list: readonly T[], index: number, what: string): T {
  return list[index] ?? refuse('encoding', what, `below ${list.length}`, index);
}

function readMetadata(bytes?: Uint8Array): Record<string, unknown> {
  if (!bytes) return {};
  let value: unknown;
  try {
    value = JSON.parse(decodeText(bytes, 'metadata'));
  } catch (cause) {
    if (cause instanceof LopError) throw cause;
    throw new LopError('metadata', `metadata: expected JSON, got ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(
      'metadata',
      'metadata',
      'a JSON object',
      Array.isArray(value) ? 'an array' : JSON.stringify(value),
    );
  }
  return value as Record<string, unknown>;
}
