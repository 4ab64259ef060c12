/** A bump allocator over linear memory. No model: everything is forgotten at once by `reset`. */
import { Code, failReal } from './error';

/** First free byte, and the first byte that the model may not use. */
let top: usize = 0;
let limit: u64 = 0;

/** Kernels read and write whole 16-pixel tiles, and read a vector beyond a row: this much is free after all that is allocated. */
const SLACK: u64 = 256;

function align(address: u64): u64 {
  return (address + 15) & ~15;
}

/** Forgets everything. */
export function reset(): void {
  top = usize(align(__heap_base));
}

/** Allocations may from now on reach `bytes` beyond the start of the heap. */
export function allow(bytes: u64): void {
  limit = align(__heap_base) + bytes;
}

export function mark(): usize {
  return top;
}

/** Drops everything allocated since `mark`. */
export function release(mark: usize): void {
  top = mark;
}

/** Moves [start, top) down to `mark`, dropping what lies between; returns its new address. Nothing in it may hold its own address. */
export function settle(mark: usize, start: usize): usize {
  const bytes = top - start;
  memory.copy(mark, start, bytes);
  top = usize(align(mark + bytes));
  return mark;
}

function grow(end: u64): bool {
  if (end > limit) {
    failReal(Code.MEMORY, f64(limit - __heap_base), f64(end - __heap_base));
    return false;
  }
  const have = u64(memory.size()) << 16;
  if (end + SLACK <= have) return true;
  if (memory.grow(i32((end + SLACK - have + 0xffff) >> 16)) >= 0) return true;
  failReal(Code.GROW, f64(end), f64(have));
  return false;
}

/**
 * Appends `bytes` right after what was allocated last, unaligned and unfilled; 0, with the error recorded, where they would pass the limit
 * or memory cannot grow.
 */
export function push(bytes: u64): usize {
  const address = top;
  if (!grow(u64(address) + min(bytes, limit))) return 0;
  top += usize(bytes);
  return address;
}

/** 16-aligned bytes filled with zero; 0 as `push`. */
export function alloc(bytes: u64): usize {
  bytes = align(min(bytes, limit));
  const address = push(bytes);
  if (address) memory.fill(address, 0, usize(bytes));
  return address;
}
