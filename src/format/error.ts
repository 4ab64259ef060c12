/** The ways in which a file can be broken. FORMAT.md lists what each means. */
export type LopErrorCode =
  | 'truncated'
  | 'magic'
  | 'version'
  | 'length'
  | 'checksum'
  | 'section'
  | 'trailing'
  | 'index'
  | 'utf8'
  | 'dtype'
  | 'rank'
  | 'dimension'
  | 'quantization'
  | 'name'
  | 'producer'
  | 'order'
  | 'count'
  | 'attribute'
  | 'role'
  | 'block'
  | 'encoding'
  | 'positions'
  | 'values'
  | 'not_finite'
  | 'limit'
  | 'metadata';

/** A file that is not a valid `.lop`. The message says where, what was expected and what is there. */
export class LopError extends Error {
  override readonly name = 'LopError';

  constructor(
    /** What is wrong. */
    readonly code: LopErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Throws `LopError(code)` with the message `<what>: expected <expected>, got <got>`. */
export function refuse(
  code: LopErrorCode,
  what: string,
  expected: string | number,
  got: string | number,
): never {
  throw new LopError(code, `${what}: expected ${expected}, got ${got}`);
}
