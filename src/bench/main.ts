/** What the bench's own commands (`density.ts`, `cold.ts`) share: numbers from the command line, and how they end. */
import { setFlagsFromString } from 'node:v8';
import type { LoadOptions } from '../runtime/index.js';

/** The command line asks for what is not there; exit code 2. */
class UsageError extends Error {
  override name = 'UsageError';
}

/** A whole number of at least 1. */
export function countOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`--${option}: expected a whole number of at least 1, got '${text}'`);
}

export function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const known = names.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(`--${option}: expected one of ${names.join(', ')}, got '${text}'`);
}

/** A sparsity, in [0, 1). */
export function sparsityOf(option: string, text: string): number {
  const value = Number(text);
  if (value >= 0 && value < 1) return value;
  throw new UsageError(`--${option}: expected a number in [0, 1), got '${text}'`);
}

/** A block, `2x2`. */
export function blockOf(option: string, text: string): [outputs: number, inputs: number] {
  const sides = /^([1-9]\d?)x([1-9]\d?)$/.exec(text);
  if (sides) return [Number(sides[1]), Number(sides[2])];
  throw new UsageError(`--${option}: expected outputs x inputs as 2x2, got '${text}'`);
}

/** Node 20 keeps relaxed SIMD behind a flag, which must be set before the first WebAssembly is compiled. */
export function allowBuild(build: LoadOptions['build']): void {
  if (build === 'relaxed-simd') setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Runs a command; an error is one line on stderr. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    process.stderr.write(`error: ${message}\n`);
    process.exitCode = name === 'UsageError' || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
