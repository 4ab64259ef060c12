/** Groups: name -> address of an object (HDF5 file format, III.A-D and IV.A.2.g). */
import { UNDEFINED, type Cursor } from './cursor.js';
import { heapMessages } from './fractal-heap.js';
import { MESSAGE, type Message } from './header.js';

/** Hard links of a group; soft and external ones lead outside of what Keras writes. */
export function readLinks(messages: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  for (const { type, body } of messages) {
    if (type === MESSAGE.symbolTable) readSymbolTable(body, links);
    else if (type === MESSAGE.link) readLink(body, links);
    else if (type === MESSAGE.linkInfo) readDense(body, links);
  }
  return links;
}

/** A group as HDF5 1.6 wrote it, h5py's default: a B-tree of symbol nodes, names in a local heap. */
function readSymbolTable(body: Cursor, links: Map<string, number>): void {
  const tree = body.address();
  const heap = body.from(body.address());
  heap.expectSignature('HEAP');
  heap.skip(4);
  const size = heap.u64();
  heap.skip(8);
  const names = heap.from(heap.address(), size);
  for (const leaf of leaves(body.from(tree), 0, 8)) readSymbolNode(body.from(leaf.child), names, links);
}

export interface Leaf {
  /** Address of what the key leads to. */
  child: number;
  key: Cursor;
}

/** The leaves of a version 1 B-tree, each node once. */
export function leaves(root: Cursor, kind: number, keySize: number): Leaf[] {
  const found: Leaf[] = [];
  const nodes = [root];
  const seen = new Set<number>();
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    if (seen.has(node.at)) throw node.wrong('a tree', 'a node that leads back to itself');
    seen.add(node.at);
    node.expectSignature('TREE');
    const got = node.u8();
    if (got !== kind) throw node.wrong(`a tree of kind ${kind}`, `${got}`, -1);
    const level = node.u8();
    const count = node.u16();
    node.skip(16);
    const children = Array.from({ length: count }, () => {
      const key = node.from(node.skip(keySize), keySize);
      return { key, child: node.address() };
    });
    if (level === 0) found.push(...children);
    else nodes.push(...children.toReversed().map(({ child }) => root.from(child)));
  }
  return found;
}

function readSymbolNode(node: Cursor, names: Cursor, links: Map<string, number>): void {
  node.expectSignature('SNOD');
  node.skip(2);
  const count = node.u16();
  for (let i = 0; i < count; i++) {
    const name = names.within(node.u64()).zeroEnded();
    const header = node.address();
    const cache = node.u32();
    node.skip(20);
    if (cache !== 2 && header !== UNDEFINED) links.set(name, header);
  }
}

/** Link message, version 1. */
function readLink(body: Cursor, links: Map<string, number>): void {
  body.skip(1);
  const flags = body.u8();
  const kind = flags & 0x08 ? body.u8() : 0;
  if (flags & 0x04) body.skip(8);
  if (flags & 0x10) body.skip(1);
  const name = body.text(body.uint(1 << (flags & 3)));
  if (kind === 0) links.set(name, body.address());
}

/** A group of many links in the newer form. */
function readDense(body: Cursor, links: Map<string, number>): void {
  body.skip(1);
  if (body.u8() & 1) body.skip(8);
  const heap = body.address();
  if (heap === UNDEFINED) return;
  for (const message of heapMessages(body, heap, body.address(), 'links')) readLink(message, links);
}
