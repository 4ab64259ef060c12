/** Greedy by size, best fit (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020). */
import { alloc, mark, release } from './heap';
import { layoutOf, model, nodeAt, Region, tensorAt } from './model';

/** Where two live at the same time they must not overlap. */
function meet(a: Region, b: Region): bool {
  return a.first <= b.last && b.first <= a.last;
}

function regionAt(list: usize, index: u32): Region {
  return changetype<Region>(load<usize>(list + index * sizeof<usize>()));
}

/** Lists each region once; returns how many. `address` marks those already seen. */
function collect(list: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    const layout = layoutOf(tensorAt(i));
    if (layout.address) continue;
    layout.address = 1;
    store<usize>(list + count++ * sizeof<usize>(), changetype<usize>(layout));
  }
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    if (nodeAt(i).scratch) store<usize>(list + count++ * sizeof<usize>(), nodeAt(i).scratch);
  }
  return count;
}

/** Shell sort, largest first. */
function sort(list: usize, count: u32): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; ++i) {
      const region = regionAt(list, i);
      let j = i;
      while (j >= gap && regionAt(list, j - gap).bytes < region.bytes) {
        store<usize>(list + j * sizeof<usize>(), changetype<usize>(regionAt(list, j - gap)));
        j -= gap;
      }
      store<usize>(list + j * sizeof<usize>(), changetype<usize>(region));
    }
  }
}

/** The smallest gap that holds `region` among `count` placed ones in order of offset; past all of them where none does. */
function bestOffset(placed: usize, count: u32, region: Region): u64 {
  let best: u64 = 0;
  let bestGap: u64 = u64.MAX_VALUE;
  let end: u64 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const other = regionAt(placed, i);
    if (!meet(other, region)) continue;
    if (other.offset >= end + region.bytes && other.offset - end < bestGap) {
      best = end;
      bestGap = other.offset - end;
    }
    end = max(end, other.offset + other.bytes);
  }
  return bestGap == u64.MAX_VALUE ? end : best;
}

function insert(placed: usize, count: u32, region: Region): void {
  let i = count;
  while (i > 0 && regionAt(placed, i - 1).offset > region.offset) --i;
  const slot = placed + i * sizeof<usize>();
  memory.copy(slot + sizeof<usize>(), slot, (count - i) * sizeof<usize>());
  store<usize>(slot, changetype<usize>(region));
}

/** Gives every layout and scratch region its address; false, with the error recorded, where memory does not suffice. */
export function placeRegions(): bool {
  const before = mark();
  const most = u64(model.tensorCount + model.nodeCount) * sizeof<usize>();
  const list = alloc(most);
  const placed = alloc(most);
  if (!list || !placed) return false;
  const count = collect(list);
  sort(list, count);
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const region = regionAt(list, i);
    region.bytes = (region.bytes + 63) & ~63;
    region.offset = bestOffset(placed, i, region);
    insert(placed, i, region);
    total = max(total, region.offset + region.bytes);
    if (total > u64(u32.MAX_VALUE)) break;
  }
  release(before);
  const base = alloc(total + 64);
  if (!base) return false;
  const aligned = (base + 63) & ~63;
  for (let i: u32 = 0; i < model.tensorCount; ++i) setAddress(layoutOf(tensorAt(i)), aligned);
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    if (nodeAt(i).scratch) setAddress(changetype<Region>(nodeAt(i).scratch), aligned);
  }
  return true;
}

function setAddress(region: Region, base: usize): void {
  region.address = base + usize(region.offset);
}
