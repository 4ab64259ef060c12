/** Greedy by size, best fit (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020). */
import { alloc } from './heap';
import { layoutOf, model, nodeAt, Region, tensorAt } from './model';
import { splits } from './ops/table';
import { partsOf } from './threads';

/** Where two live at the same time they must not overlap. */
function meet(a: Region, b: Region): bool {
  return a.first <= b.last && b.first <= a.last;
}

function regionAt(list: usize, index: u32): Region {
  return changetype<Region>(load<usize>(list + index * sizeof<usize>()));
}

/** Puts `region` among the first `count` of the list, which are in order of offset; what lies behind it moves up by one. */
function insert(list: usize, count: u32, region: Region): void {
  for (; count > 0 && regionAt(list, count - 1).offset > region.offset; --count) {
    store<usize>(list + count * sizeof<usize>(), changetype<usize>(regionAt(list, count - 1)));
  }
  store<usize>(list + count * sizeof<usize>(), changetype<usize>(region));
}

/** Adds a region whose offset is not known yet: the largest come first. */
function add(list: usize, count: u32, region: Region): u32 {
  region.bytes = (region.bytes + 63) & ~63;
  region.offset = ~region.bytes;
  insert(list, count, region);
  return count + 1;
}

/** Lists each region once, the largest first; returns how many. `address` marks those already seen. */
function collect(list: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    const layout = layoutOf(tensorAt(i));
    if (layout.address) continue;
    layout.address = 1;
    count = add(list, count, layout);
  }
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    const scratch = nodeAt(i).scratch;
    if (scratch) count = add(list, count, changetype<Region>(scratch));
  }
  return count;
}

/** The smallest gap that holds `region` among the first `count`, which are placed; past all of them where none does. */
function bestOffset(list: usize, count: u32, region: Region): u64 {
  let best: u64 = 0;
  let bestWaste: u64 = i64.MAX_VALUE;
  let end: u64 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const other = regionAt(list, i);
    if (!meet(other, region)) continue;
    // Too small a gap wraps around to more than any waste.
    const waste = other.offset - end - region.bytes;
    if (waste < bestWaste) {
      best = end;
      bestWaste = waste;
    }
    end = max(end, other.offset + other.bytes);
  }
  return bestWaste == i64.MAX_VALUE ? end : best;
}

/** Gives every layout and scratch region its address; false, with the error recorded, where memory does not suffice. */
export function placeRegions(): bool {
  const list = alloc(u64(model.tensorCount + model.nodeCount) * sizeof<usize>());
  if (!list) return false;
  const count = collect(list);
  let total: u64 = 0;
  for (let i: u32 = 0; i < count && total <= u64(u32.MAX_VALUE); ++i) {
    const region = regionAt(list, i);
    region.offset = bestOffset(list, i, region);
    insert(list, i, region);
    total = max(total, region.offset + region.bytes);
  }
  const base = alloc(total + 64);
  if (!base) return false;
  for (let i: u32 = 0; i < count; ++i) {
    const region = regionAt(list, i);
    region.address = ((base + 63) & ~63) + usize(region.offset);
  }
  return !ASC_FEATURE_THREADS || placeScratch();
}

/** Scratch for threads other than the main one, as much as the node that needs most. */
function placeScratch(): bool {
  let most: u64 = 0;
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    const node = nodeAt(i);
    if (node.scratch && splits(node)) most = max(most, changetype<Region>(node.scratch).bytes);
  }
  model.scratchBytes = u32(most);
  const others = alloc(most * (partsOf() - 1) + 64);
  model.scratch = (others + 63) & ~63;
  return others != 0;
}
