/** Nested loops over the numbers of an output and of up to three inputs, each with steps of its own. The full build's. */
import { Code } from './error';
import { alloc } from './heap';
import { Node } from './model';
import { runLine } from './ops/lines';
import { placeOf, placeOfOutput } from './places';
import { next, start } from './threads';

/** One loop: how often, and the bytes that a turn adds to each address. The innermost one is a kernel's. */
@unmanaged
export class Loop {
  count: u32;
  y: i32;
  a: i32;
  b: i32;
  c: i32;
}

/** The next loop's steps: the output's, then each input's. */
const steps: usize = memory.data(16, 4);
/** The node's loops end with one of no turns. */
let first: usize = 0;
let end: usize = 0;

/** Sets the next loop's step of input `index`, or of the output where that is the number of inputs. */
export function setStep(node: Node, index: u32, bytes: i32): void {
  store<i32>(steps + ((index == node.inputs ? 0 : index + 1) << 2), bytes);
}

/** Starts the node's loops, of at most `most` beside the outermost one, which `addOuter` makes. */
export function openLoops(node: Node, most: u32): i32 {
  memory.fill(steps, 0, 16);
  node.loops = first = end = alloc(u64(most + 3) * offsetof<Loop>());
  return end ? 0 : Code.MEMORY;
}

/** The outermost loop, whose turns threads share. */
export function addOuter(count: u32): void {
  store<u32>(end, count);
  memory.copy(end + 4, steps, 16);
  end += offsetof<Loop>();
}

/** A loop within the last one; the two are made one where their steps follow one another, but for the outermost. */
export function addLoop(count: u32): void {
  if (count == 1) return;
  const last = end - offsetof<Loop>();
  let follows = last != first;
  for (let i: usize = 0; i < 16; i += 4)
    if (load<u32>(last + i, 4) != load<u32>(steps + i) * count) follows = false;
  if (follows) {
    end = last;
    count *= load<u32>(last);
  }
  addOuter(count);
}

/** Bytes from one number that the innermost loop writes to the next. */
export function innermostStep(): u32 {
  return load<u32>(end - offsetof<Loop>() + offsetof<Loop>('y'));
}

/** Where all sizes are 1: one turn of the kernel. */
export function closeLoops(): void {
  if (end == first + offsetof<Loop>()) addOuter(1);
}

/** The present image, from `offset` bytes after the output's start, and `from` after the first input's. */
export function runLoops(node: Node, offset: usize, from: usize): void {
  const loop = changetype<Loop>(node.loops);
  const y = placeOfOutput(node) + offset;
  const a = placeOf(node, 0) + from;
  const b = node.inputs > 1 ? placeOf(node, 1) : 0;
  const c = node.inputs > 2 ? placeOf(node, 2) : 0;
  for (let i = start(loop.count, 1); i < loop.count; i = next(i + 1))
    walk(node, node.loops + offsetof<Loop>(), y + i * loop.y, a + i * loop.a, b + i * loop.b, c + i * loop.c);
}

function walk(node: Node, at: usize, y: usize, a: usize, b: usize, c: usize): void {
  const loop = changetype<Loop>(at);
  at += offsetof<Loop>();
  if (!load<u32>(at)) {
    runLine(node, loop, y, a, b, c);
    return;
  }
  for (let i = loop.count; i; --i) {
    walk(node, at, y, a, b, c);
    y += loop.y;
    a += loop.a;
    b += loop.b;
    c += loop.c;
  }
}
