import type { Cursor } from './cursor.js';

/** Texts of any length: each is a length, the address of a global heap, and a number in it (HDF5 file format, III.E). */
export function readHeapTexts(data: Cursor, count: number): string[] {
  return Array.from({ length: count }, () => {
    const length = data.u32();
    const address = data.address();
    const index = data.u32();
    return length === 0 ? '' : heapObject(data.from(address), index, length).text(length);
  });
}

function heapObject(heap: Cursor, index: number, length: number): Cursor {
  const start = heap.at;
  heap.expectSignature('GCOL');
  heap.skip(4);
  const objects = heap.from(start + 16, heap.u64() - 16);
  while (objects.end - objects.at >= 16) {
    const number = objects.u16();
    objects.skip(6);
    const size = objects.u64();
    if (number === index) return objects.from(objects.at, Math.max(size, length));
    if (number === 0) break;
    objects.skip(Math.min(Math.ceil(size / 8) * 8, objects.end - objects.at));
  }
  throw heap.wrong(`object ${index} in the heap`, 'none');
}
