/** Each code of the runtime's `load` (docs/runtime.md, Errors): its name, and what it says with {e} expected and {g} got. */
const CODES: readonly (readonly [name: string, message: string])[] = [
  ['truncated', 'expected {e} bytes, got {g}'],
  ['magic', "expected a .lop file, which starts with 'LOP1', got another"],
  ['version', 'format version: expected {e}, got {g}'],
  ['length', 'length: expected {e} bytes, got {g}'],
  ['checksum', 'CRC32: expected {e}, got {g}'],
  ['section', 'sections: expected kind {e} next, got {g}'],
  ['trailing', 'expected the end, got {g} more bytes'],
  ['index', 'index: expected below {e}, got {g}'],
  ['dtype', 'type (0 f32, 1 int8, 2 int32): expected {e}, got {g}'],
  ['rank', 'dimensions: expected {e}, got {g}'],
  ['dimension', 'size: expected 1 to {e}, got {g}'],
  ['name', 'names: expected all different, got strings {e} and {g} the same'],
  ['producer', 'expected one producer for each tensor, got {g}'],
  ['order', 'inputs: expected tensors made before it, got tensor {g}'],
  ['operator', 'expected an operator that this runtime has, got another'],
  ['attribute', 'attribute: expected {e}, got {g}'],
  ['role', 'weights by role: expected {e}, got {g}'],
  ['encoding', 'encoding of a weight: expected {e}, got {g}'],
  ['positions', 'kept blocks of a weight: expected {e}, got {g}'],
  ['values', 'values of a weight: expected {e}, got {g}'],
  ['shape', 'size: expected {e}, got {g}'],
  ['quantization', 'scale or zero point: expected {e}, got {g}'],
  ['overflow', 'sums: expected below {e}, got up to {g}'],
  ['not_finite', 'expected a finite positive number, got {g}'],
  ['count', 'inputs or outputs: expected {e}, got {g}'],
  ['limit', 'size: expected at most {e}, got {g}'],
  ['memory', 'memory: expected at most {e} bytes, got {g}'],
  ['grow', 'memory: expected {e} bytes from the engine, got {g}'],
  ['build', 'layer: expected one that this build has, got one that only a larger build has'],
  ['call', 'run: expected nodes of a loaded model, got others'],
];

/** Codes after which another file cannot help: it is the machine or the version that is too small. */
const TOO_BIG = new Set(['limit', 'memory', 'grow']);
const TOO_NEW = new Set(['version', 'operator', 'encoding', 'attribute']);
const DAMAGED = new Set(['truncated', 'length', 'checksum']);

const SECTIONS = ['strings', 'tensors', 'weights', 'nodes', 'metadata'];

/** A model that cannot be loaded or run. `code` is one of docs/runtime.md, Errors. */
export class LopperError extends Error {
  override readonly name = 'LopperError';

  constructor(
    /** A name of docs/runtime.md, Errors. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

function remedy(name: string): string {
  if (DAMAGED.has(name)) return 'download or copy the file again';
  if (TOO_NEW.has(name)) return 'use a newer runtime, or write the file with the toolkit of this version';
  if (TOO_BIG.has(name)) return 'use a smaller model or batch';
  if (name === 'build')
    return 'give a larger build (lopper-simd128-full.wasm, lopper-simd128-all.wasm; of scripts, inline-full)';
  return name === 'magic' ? 'give a .lop file' : 'write the file again with lopper compress';
}

/** The error for a failed `load`: `place` is a node's index, or -1 - kind of the section, or -1. */
export function loadError(
  code: number,
  place: number,
  expected: number,
  got: number,
  node: string,
): LopperError {
  const [name, message] = CODES[code - 1] ?? ['unknown', `code ${code}`];
  const where = place >= 0 ? `node ${place}${node}: ` : place < -1 ? `section ${SECTIONS[-2 - place]}: ` : '';
  const what = message.replace('{e}', String(expected)).replace('{g}', String(got));
  return new LopperError(name, `model file: ${where}${what}; ${remedy(name)}`);
}
