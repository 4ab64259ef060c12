/**
 * One run on several threads (docs/runtime.md, Threads). The main instance publishes a node; every part, which is an instance of the module
 * on the same memory, walks the node's loops and claims ranges of their items (planes, pixels, groups of outputs) until none is left. The
 * main instance waits for items, not for parts: who comes late finds nothing to do, so that a thread that the system does not run costs
 * no more than what it could have done. Where nothing is published, and in builds without threads, a loop is one range.
 */

/** u64: how often a node was published, mod 2^32, << 32 | first item that nobody has. Each of these has a cache line of its own. */
const claims: usize = memory.data(64, 64);
const published: usize = claims + 4;
/** u32: items done of the published node. */
const done: usize = memory.data(64, 64);
/** u32 each: the published node, threads that sleep, threads that may look at the model. */
const state: usize = memory.data(64, 64);
const enum State {
  NODE = 0,
  SLEEPERS = 4,
  ACTIVE = 8,
}

const NO_NODE: u32 = 0xffffffff;

/** About 100 us, in which the next node or the next run mostly comes; then a worker sleeps, and waking takes the main thread about 5 us. */
const SPINS: u32 = 1 << 16;

let part: u32 = 0;
let parts: u32 = 1;
/** Whether all items are this instance's. */
let alone: bool = true;
/** What was published when this instance last looked. */
let number: u32 = 0;
/** Items of the published node, over all its loops: those of the present loop, and those claimed. */
let loopFirst: u32 = 0;
let loopEnd: u32 = 0;
let first: u32 = 0;
let end: u32 = 0;
let grain: u32 = 1;

/** This instance is `index` of `count`; the main one is 0. */
export function become(index: u32, count: u32): void {
  part = index;
  parts = max(1, count);
}

export function partOf(): u32 {
  return ASC_FEATURE_THREADS ? part : 0;
}

export function partsOf(): u32 {
  return ASC_FEATURE_THREADS ? parts : 1;
}

/** Starts a loop over `count` items, claimed in multiples of `least`: the first of those claimed, or `count` where none is left. */
export function start(count: u32, least: u32): u32 {
  if (!ASC_FEATURE_THREADS || alone) return 0;
  loopFirst = loopEnd;
  loopEnd += count;
  grain = least;
  return claim();
}

/** The end of the items claimed, in a loop over `count`. */
export function stop(count: u32): u32 {
  return ASC_FEATURE_THREADS && !alone ? end - loopFirst : count;
}

/** Items before `i` of those claimed are done: `i`, or where none is left the first of the next ones. */
export function next(i: u32): u32 {
  if (!ASC_FEATURE_THREADS || alone || i + loopFirst < end) return i;
  atomic.add<u32>(done, end - first);
  return claim();
}

/** For a loop over ranges, each from `start` or `next` to `stop`. Builds without threads have one range, and leave the loop after it. */
export function isClaimed(i: u32, count: u32): bool {
  return !ASC_FEATURE_THREADS || i < count;
}

/** Large ranges first, as each has its costs (a band's planes are copied for each); small ones last, so that all parts end together. */
function share(left: u32): u32 {
  const size = (left / (parts << 1) + grain - 1) / grain;
  return min(left, max(1, size) * grain);
}

function claim(): u32 {
  let word = atomic.load<u64>(claims);
  while (u32(word >> 32) == number && u32(word) < loopEnd) {
    const size = share(loopEnd - u32(word));
    const seen = atomic.cmpxchg<u64>(claims, word, word + size);
    if (seen == word) {
      first = u32(word);
      end = first + size;
      return first - loopFirst;
    }
    word = seen;
  }
  end = loopEnd;
  return loopEnd - loopFirst;
}

/** The node of that index is everybody's from now on. */
export function publish(index: u32): void {
  atomic.store<u32>(done, 0);
  atomic.store<u32>(state, index, State.NODE);
  atomic.store<u64>(claims, u64(++number) << 32);
  if (atomic.load<u32>(state, State.SLEEPERS)) atomic.notify(published, -1);
  loopEnd = 0;
  alone = false;
}

/** Waits for what others still do of the published node. It spins: a page's main thread may not sleep. */
export function finish(): void {
  while (atomic.load<u32>(done) != loopEnd);
  alone = true;
}

/** Waits until nobody looks at the model, which is to be forgotten. */
export function quiesce(): void {
  atomic.store<u32>(state, NO_NODE, State.NODE);
  atomic.store<u64>(claims, u64(++number) << 32);
  while (atomic.load<u32>(state, State.ACTIVE));
}

/** A worker's wait for the next published node: its index. `leave` when done with it. */
export function enter(): u32 {
  let index = look();
  while (index == NO_NODE) {
    leave();
    index = look();
  }
  return index;
}

function look(): u32 {
  rest();
  // before what is published is read: see `quiesce`
  atomic.add<u32>(state, 1, State.ACTIVE);
  number = atomic.load<u32>(published);
  loopEnd = 0;
  alone = false;
  return atomic.load<u32>(state, State.NODE);
}

export function leave(): void {
  atomic.sub<u32>(state, 1, State.ACTIVE);
}

/** Returns once something was published since `number`. */
function rest(): void {
  for (let spins = SPINS; spins; --spins) if (atomic.load<u32>(published) != number) return;
  atomic.add<u32>(state, 1, State.SLEEPERS);
  while (atomic.load<u32>(published) == number) atomic.wait<u32>(published, number, -1);
  atomic.sub<u32>(state, 1, State.SLEEPERS);
}
