/** Many links or attributes of one object: a B-tree of version 2 names the objects in a fractal heap (III.A.2 and III.G). */
import { UNDEFINED, type Cursor } from './cursor.js';

/** Types of tree, and where in a record the heap's identifier lies. */
const TREES = { links: { type: 5, id: 4 }, attributes: { type: 8, id: 0 } } as const;

/** The objects of the heap at `heap` that the tree at `tree` lists; each is a message. */
export function heapMessages(file: Cursor, heap: number, tree: number, kind: keyof typeof TREES): Cursor[] {
  const { type, id } = TREES[kind];
  const blocks = readHeap(file.from(heap));
  return readTree(file.from(tree), type).map((record) => blocks.object(record.within(id)));
}

/** A tree's shape: sizes of its nodes, and of the counts in them. */
interface TreeShape {
  type: number;
  nodeSize: number;
  recordSize: number;
}

/** All records, in order. */
function readTree(header: Cursor, type: number): Cursor[] {
  header.expectSignature('BTHD');
  header.skip(1);
  const got = header.u8();
  if (got !== type) throw header.wrong(`a tree of type ${type}`, `${got}`, -1);
  const shape = { type, nodeSize: header.u32(), recordSize: header.u16() };
  const depth = header.u16();
  header.skip(2);
  const root = header.address();
  const count = header.u16();
  if (depth > 8 || shape.recordSize < 4) throw header.wrong('a tree of at most 8 levels', `${depth}`);
  return root === UNDEFINED ? [] : readNode(header.from(root), shape, depth, count, new Set());
}

function readNode(node: Cursor, shape: TreeShape, depth: number, count: number, seen: Set<number>): Cursor[] {
  if (seen.has(node.at)) throw node.wrong('a tree', 'a node that leads back to itself');
  seen.add(node.at);
  node.expectSignature(depth === 0 ? 'BTLF' : 'BTIN');
  node.skip(2);
  const records = Array.from({ length: count }, () =>
    node.from(node.skip(shape.recordSize), shape.recordSize),
  );
  if (depth === 0) return records;
  const most = capacities(shape, depth);
  const all: Cursor[] = [];
  for (let child = 0; child <= count; child++) {
    const address = node.address();
    const inside = littleEndian(node, bytesFor(most[depth - 1].own));
    if (depth > 1) node.skip(bytesFor(most[depth - 1].below));
    all.push(
      ...readNode(node.from(address), shape, depth - 1, inside, seen),
      ...records.slice(child, child + 1),
    );
  }
  return all;
}

/** The most records in a node of each depth, and in all below it: these say how long the counts in a node are. */
function capacities({ nodeSize, recordSize }: TreeShape, depth: number): { own: number; below: number }[] {
  const overhead = 10; // signature, version, type, checksum
  const leaf = Math.floor((nodeSize - overhead) / recordSize);
  const levels = [{ own: leaf, below: leaf }];
  for (let level = 1; level < depth; level++) {
    const previous = levels[level - 1];
    const pointer = 8 + bytesFor(previous.own) + (level > 1 ? bytesFor(previous.below) : 0);
    const own = Math.floor((nodeSize - overhead - pointer) / (recordSize + pointer));
    levels.push({ own, below: (own + 1) * previous.below + own });
  }
  return levels;
}

function bytesFor(most: number): number {
  return Math.max(Math.ceil(Math.log2(most + 1) / 8), 1);
}

function littleEndian(cursor: Cursor, size: number): number {
  return cursor.take(size).reduceRight((value, byte) => value * 256 + byte, 0);
}

interface Block {
  /** Its place in the heap's own space, header included. */
  offset: number;
  size: number;
  address: number;
}

interface Heap {
  object(id: Cursor): Cursor;
}

/** The heap's sizes, then its direct blocks: one, or a table whose rows double in size. */
function readHeap(header: Cursor): Heap {
  header.expectSignature('FRHP');
  header.skip(3);
  const filtered = header.u16();
  if (filtered > 0) throw header.wrong('a heap without filters', 'one with filters', -2);
  header.skip(1);
  const mostManaged = header.u32();
  header.skip(96);
  const table: Table = {
    width: header.u16(),
    startSize: header.u64(),
    directSize: header.u64(),
    offsetSize: Math.ceil(header.u16() / 8),
  };
  header.skip(2);
  const root = header.address();
  const rows = header.u16();
  const blocks =
    rows === 0
      ? [{ offset: 0, size: table.startSize, address: root }]
      : readIndirect(header.from(root), table, rows, 0, new Set());
  const lengthSize = bytesFor(Math.min(table.directSize, mostManaged));
  return { object: (id) => objectOf(id, blocks, table.offsetSize, lengthSize) };
}

interface Table {
  width: number;
  startSize: number;
  directSize: number;
  offsetSize: number;
}

function readIndirect(node: Cursor, table: Table, rows: number, start: number, seen: Set<number>): Block[] {
  if (seen.has(node.at)) throw node.wrong('a table of blocks', 'one that leads back to itself');
  seen.add(node.at);
  node.expectSignature('FHIB');
  node.skip(9 + table.offsetSize);
  const blocks: Block[] = [];
  let offset = start;
  for (let row = 0; row < rows; row++) {
    const size = table.startSize * 2 ** Math.max(row - 1, 0);
    for (let column = 0; column < table.width; column++, offset += size) {
      const address = node.address();
      if (address === UNDEFINED) continue;
      if (size <= table.directSize) blocks.push({ offset, size, address });
      else blocks.push(...readIndirect(node.from(address), table, rowsOf(size, table), offset, seen));
    }
  }
  return blocks;
}

/** Rows of a table that covers `size` bytes. */
function rowsOf(size: number, { width, startSize }: Table): number {
  return Math.round(Math.log2(size / (width * startSize))) + 1;
}

/** A managed object's identifier: flags, its place in the heap, its length. */
function objectOf(id: Cursor, blocks: readonly Block[], offsetSize: number, lengthSize: number): Cursor {
  const kind = (id.u8() >> 4) & 3;
  if (kind !== 0) throw id.wrong('an object in a block of the heap', `one of kind ${kind}`, -1);
  const offset = littleEndian(id, offsetSize);
  const length = littleEndian(id, lengthSize);
  const block = blocks.find((one) => offset >= one.offset && offset + length <= one.offset + one.size);
  if (!block) throw id.wrong('a place in the heap', `${offset}`);
  return id.from(block.address + offset - block.offset, length);
}
