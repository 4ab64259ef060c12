/** Codes of `load`, and CALL of `run` and `work`. `src/runtime/errors.ts` has the words for each; docs/runtime.md lists them. */
export const enum Code {
  TRUNCATED = 1,
  MAGIC,
  VERSION,
  LENGTH,
  CHECKSUM,
  SECTION,
  TRAILING,
  INDEX,
  DTYPE,
  RANK,
  DIMENSION,
  NAME,
  PRODUCER,
  ORDER,
  OPERATOR,
  ATTRIBUTE,
  ROLE,
  ENCODING,
  POSITIONS,
  VALUES,
  SHAPE,
  QUANTIZATION,
  OVERFLOW,
  NOT_FINITE,
  COUNT,
  LIMIT,
  MEMORY,
  GROW,
  BUILD,
  CALL,
}

/** i32 code | i32 section or node index, -1 where neither fits | f64 expected | f64 got */
const record: usize = memory.data(24, 8);

/** Index of the section or node being read: what a failure is blamed on. */
let place: i32 = -1;

export function at(index: i32): void {
  place = index;
}

/** The first failure's code: what fails after it is its consequence and is not recorded. 0: none. */
let first: i32 = 0;

/** Records a failure and returns its code. */
export function fail(code: Code, expected: u32, got: u32): i32 {
  return failReal(code, expected, got);
}

/** 0 where both are the same, else a failure. */
export function expect(code: Code, expected: u32, got: u32): i32 {
  return expected == got ? 0 : fail(code, expected, got);
}

/** 0 where `got` is `most` or less, else a failure. */
export function atMost(code: Code, most: u32, got: u32): i32 {
  return got <= most ? 0 : fail(code, most, got);
}

/** `fail` for what is not a u32. */
export function failReal(code: Code, expected: f64, got: f64): i32 {
  if (!first) {
    first = code;
    store<i32>(record, code);
    store<i32>(record, place, 4);
    store<f64>(record, expected, 8);
    store<f64>(record, got, 16);
  }
  return code;
}

/** Code of the failure since `clearError`; 0 where there was none. */
export function lastCode(): i32 {
  return first;
}

export function failedPlace(): i32 {
  return load<i32>(record, 4);
}

export function clearError(): void {
  place = -1;
  first = 0;
  memory.fill(record, 0, 24);
}

export function errorRecord(): usize {
  return record;
}
