/** Constants and types of the model file. FORMAT.md beside this file is the specification. */

export type LopDType = 'f32' | 'i8' | 'i32';

/** `real = scale * (stored - zeroPoint)`. */
export interface LopQuantization {
  /** Positive, finite, an exact f32. */
  scale: number;
  /** In -128..127. */
  zeroPoint: number;
}

/** An activation. `quantization` is there exactly when `dtype` is `i8`. */
export interface LopTensor {
  /** Differs from all other tensors of the file. */
  name: string;
  /** Of one sample, channels last; at most 6 dimensions, each at least 1. */
  shape: number[];
  /** f32 or i8. */
  dtype: LopDType;
  /** What int8 numbers mean. */
  quantization?: LopQuantization;
}

/** A constant. `block` is the unit of sparsity, outputs by inputs. */
export interface LopWeight {
  /** Differs from all other weights of the file. */
  name: string;
  /** At most 6 dimensions, each at least 1. */
  shape: number[];
  /** Of `data`. */
  dtype: LopDType;
  /** Row-major, as many as `shape` holds, of the array type that `dtype` names. */
  data: Float32Array | Int8Array | Int32Array;
  /** Outputs by inputs, each 1 to 255. */
  block: [number, number];
}

/** An i32 where the number is whole and fits, else an f32; a list is of i32. */
export type LopAttribute = number | number[] | string;

/** One step: an operator, what it reads and what it makes. */
export interface LopNode {
  /** For reports; may be that of a layer of the source model. */
  name: string;
  /** An operator of FORMAT.md. */
  op: string;
  /** Names of tensors that are made before. */
  inputs: string[];
  /** Names of tensors that no other node makes. */
  outputs: string[];
  /** The operator's, by name. */
  attributes: Record<string, LopAttribute>;
  /** Role to name of weight. */
  weights: Record<string, string>;
}

/** What a file holds. The same structure as the pipeline's `Graph`, so each is assignable to the other. */
export interface LopModel {
  /** Names of tensors, in the order in which a run takes them. */
  inputs: string[];
  /** Names of tensors, in the order in which a run gives them. */
  outputs: string[];
  /** By name. */
  tensors: Map<string, LopTensor>;
  /** By name. */
  weights: Map<string, LopWeight>;
  /** In execution order. */
  nodes: LopNode[];
  /** A JSON object. */
  metadata: Record<string, unknown>;
}

/** 'LOP1', read as a little-endian u32. */
export const MAGIC = 0x31504f4c;
export const VERSION = 1;
/** Magic, version, number of sections, file bytes. */
export const HEADER_BYTES = 12;
/** Kind and bytes of one section. */
export const SECTION_ENTRY_BYTES = 8;
export const CHECKSUM_BYTES = 4;

/** Kinds of section, in the order in which a file has them. */
export const SECTIONS = { strings: 1, tensors: 2, weights: 3, nodes: 4, metadata: 5 } as const;
export type SectionName = keyof typeof SECTIONS;

/** The dtype byte is the index in this list. */
export const DTYPES = ['f32', 'i8', 'i32'] as const;
export const DTYPE_BYTES = { f32: 4, i8: 1, i32: 4 } as const;
export const DTYPE_ARRAYS = { f32: Float32Array, i8: Int8Array, i32: Int32Array } as const;

/** Which blocks are kept; the byte is the index in this list. */
export const POSITIONS = ['all', 'bitmap', 'gaps', 'modelled'] as const;
export type Positions = (typeof POSITIONS)[number];
/** How the elements of kept blocks are stored; the byte is the index in this list. */
export const VALUES = ['plain', 'nibbles', 'f16', 'i16', 'codebook'] as const;
export type Values = (typeof VALUES)[number];
/** The encodings that can hold values of a dtype. */
export const VALUES_OF: Record<LopDType, readonly Values[]> = {
  f32: ['plain', 'f16', 'codebook'],
  i8: ['plain', 'nibbles', 'codebook'],
  i32: ['plain', 'i16', 'codebook'],
};

/** The encodings that may be range coded: the integers' shorter ones say nothing that the coder does not find itself. */
export const CODED_OF: Record<LopDType, readonly Values[]> = {
  f32: ['plain', 'f16', 'codebook'],
  i8: ['plain', 'codebook'],
  i32: ['plain', 'codebook'],
};
/** Bits of the coding byte. */
export const CODED_POSITIONS = 1;
export const CODED_VALUES = 2;

/** Kept blocks as they stand on disk. */
export interface EncodedPositions {
  positions: Positions;
  /** Number of kept blocks. */
  kept: number;
  bytes: Uint8Array;
}

/** One weight as it stands on disk. */
export interface EncodedWeight extends EncodedPositions {
  values: Values;
  /** Bits `CODED_POSITIONS` and `CODED_VALUES`. */
  coding: number;
  valueStream: Uint8Array;
}

/** A weight's shape and how it is stored. */
export type StoredWeight = EncodedWeight & Pick<LopWeight, 'name' | 'shape' | 'dtype' | 'block'>;

/** Types of attribute. */
export const ATTRIBUTES = { i32: 0, f32: 1, list: 2, string: 3 } as const;

export const MAX_RANK = 6;
/** Most tensors, weights and nodes each: readers compare their names pair by pair. */
export const MAX_ITEMS = 8192;
/** Every product of dimensions is below this. */
export const MAX_ELEMENTS = 2 ** 31;
export const MAX_BLOCK_SIDE = 255;

/** Most weights (all of a file's weights together, kept or not) that a file of `bytes` may have. */
export function elementLimit(bytes: number): number {
  return 256 * bytes + 2 ** 22;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
