/** Writes the programs of qs8_gemv_8x16: windows of 16 inputs, of which each of eight outputs takes up to two (docs/runtime.md). */
import { alloc, push } from '../heap';
import { biasBits, factor } from './linear';

/** Inputs of a window, and outputs of a program. */
const WINDOW: u32 = 16;
export const OUTPUTS: u32 = 8;

/** For each output its kept weights, ascending: u32 input << 8 | weight; `room` a list; counts and cursors beside them. */
let lists: usize = 0;
let room: u32 = 0;
let total: u32 = 0;
const counts = memory.data(32, 4);
const cursors = memory.data(32, 4);

/** Room for eight lists of `inputs` weights each; false where memory does not suffice. */
export function openWindows(inputs: u32): bool {
  room = inputs;
  lists = alloc((u64(inputs) * OUTPUTS) << 2);
  return lists != 0;
}

export function clearWindows(): void {
  memory.fill(counts, 0, 32);
  total = 0;
}

/** Adds the weights of output `r` (0..7) that are not zero among `n` at `w`, the first of which meets input `input`; how many there are in all. */
export function addWeights(r: u32, w: usize, n: u32, input: u32): u32 {
  let count = load<u32>(counts + (r << 2));
  for (let i: u32 = 0; i < n; i += 16) {
    let found: u32 = i8x16.bitmask(i8x16.ne(v128.load(w + i), i8x16.splat(0)));
    if (n - i < 16) found &= (1 << (n - i)) - 1;
    for (; found; found &= found - 1, ++count) {
      const at = i + ctz(found);
      store<u32>(lists + (usize(r * room + count) << 2), ((input + at) << 8) | load<u8>(w + at));
    }
  }
  total += count - load<u32>(counts + (r << 2));
  store<u32>(counts + (r << 2), count);
  return total;
}

/** The next weight of output `r`, u32.MAX_VALUE at the end. */
function nextOf(r: u32): u32 {
  const at = load<u32>(cursors + (r << 2));
  return at < load<u32>(counts + (r << 2)) ? load<u32>(lists + (usize(r * room + at) << 2)) : u32.MAX_VALUE;
}

/** Where the next window starts: at the first input that any output still wants. */
function nextWindow(): u32 {
  let first: u32 = u32.MAX_VALUE;
  for (let r: u32 = 0; r < OUTPUTS; ++r) first = min(first, nextOf(r));
  return first == u32.MAX_VALUE ? first : first >> 8;
}

/** Takes up to two weights an output from the window at `input`, into `entry` or, where that is 0, only out of the lists. */
function fillWindow(input: u32, entry: usize): void {
  for (let r: u32 = 0; r < OUTPUTS; ++r) {
    for (let slot = r << 1; slot < (r << 1) + 2; ++slot) {
      const next = nextOf(r);
      if (next >> 8 >= input + WINDOW) break;
      store<u32>(cursors + (r << 2), load<u32>(cursors + (r << 2)) + 1);
      if (!entry) continue;
      store<u8>(entry + slot, (next >> 8) - input, 4);
      store<u8>(entry + slot, next, 20);
    }
  }
}

/** How many windows the lists need. */
export function countWindows(): u32 {
  memory.fill(cursors, 0, 32);
  let count: u32 = 0;
  for (let input = nextWindow(); input != u32.MAX_VALUE; input = nextWindow(), ++count) fillWindow(input, 0);
  return count;
}

/** Room for a program of `count` windows; its constants are stored by `fixWindow`, its entries by `writeWindows`. 0 where memory ends. */
export function pushWindows(count: u32): usize {
  const program = push(68 + u64(count) * 36);
  if (!program) return 0;
  store<u32>(program, count);
  return program;
}

/** Stores the constants that `channel` fixed last as those of output `r`. */
export function fixWindow(program: usize, r: u32): void {
  store<u32>(program + (r << 2), biasBits(), 4);
  store<f32>(program + (r << 2), factor(), 36);
}

export function writeWindows(program: usize): void {
  memory.fill(cursors, 0, 32);
  let entry = program + 68;
  for (let input = nextWindow(); input != u32.MAX_VALUE; input = nextWindow(), entry += 36) {
    memory.fill(entry, 0, 36);
    store<u32>(entry, input);
    fillWindow(input, entry);
  }
}
