/**
 * Reads an HDF5 file as h5py writes it for Keras: groups, attributes, data sets (HDF5 File Format Specification 3.0).
 * Own code, because libhdf5 in wasm hangs on broken files: of 2,000 mutated ones the 204th took more than a minute in one
 * call, which nothing in the same thread can stop. Here every address is checked and every tree is walked once.
 */
import type { ForeignWeight } from '../weights.js';
import { hasText } from '../importer.js';
import { Cursor, UNDEFINED } from './cursor.js';
import { heapMessages } from './fractal-heap.js';
import { MESSAGE, readMessages, type Message } from './header.js';
import { readHeapTexts } from './heap.js';
import { readLinks } from './links.js';
import { readBytes } from './storage.js';
import { decodeNumbers, readShape, readType, type DataType } from './types.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** True for the bytes of an HDF5 file; others may stand before it, to a power of two from 512 on. */
export function isHdf5(bytes: Uint8Array): boolean {
  return startOf(bytes) !== undefined;
}

function startOf(bytes: Uint8Array): number | undefined {
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2) {
    if (hasText(bytes, SIGNATURE, at)) return at;
  }
  return undefined;
}

/** @param file name of the file, for messages */
export function openHdf5(bytes: Uint8Array, file: string): Hdf5Object {
  const start = startOf(bytes);
  const cursor = new Cursor(bytes.subarray(start ?? 0), file);
  if (start === undefined) throw cursor.wrong('an HDF5 file', 'other bytes');
  cursor.skip(8);
  const version = cursor.u8();
  if (version > 3) throw cursor.wrong('a superblock of version 0 to 3', `${version}`, -1);
  if (version < 2) cursor.skip(4);
  const sizes = [cursor.u8(), cursor.u8()];
  if (sizes[0] !== 8 || sizes[1] !== 8)
    throw cursor.wrong('addresses and lengths of 8 bytes', `${sizes}`, -2);
  cursor.skip(version < 2 ? 9 + 4 * (version === 1 ? 1 : 0) : 1);
  cursor.skip(16); // base address, free space or extension
  const end = cursor.u64();
  if (end > cursor.bytes.length) throw cursor.wrong(`${end} bytes`, `a file of ${cursor.bytes.length}`, -8);
  if (version < 2) cursor.skip(16); // driver, name of the root
  return new Hdf5Object(cursor, cursor.address(), '');
}

/** A group or a data set. */
export class Hdf5Object {
  private readonly messages: Message[];
  private linksRead?: Map<string, number>;
  private attributesRead?: RawAttribute[];
  private readonly children = new Map<string, Hdf5Object>();

  constructor(
    private readonly file: Cursor,
    address: number,
    readonly path: string,
  ) {
    this.messages = readMessages(file.from(address));
  }

  /** Names of what is in a group, in the file's order. */
  keys(): string[] {
    return [...this.links.keys()];
  }

  /** @param path relative to this, `a/b`; undefined where there is no such object */
  get(path: string): Hdf5Object | undefined {
    return path.split('/').reduce((object: Hdf5Object | undefined, name) => object?.child(name), this);
  }

  private child(name: string): Hdf5Object | undefined {
    const address = this.links.get(name);
    if (address === undefined) return undefined;
    const path = this.path ? `${this.path}/${name}` : name;
    const child = this.children.get(name) ?? new Hdf5Object(this.file, address, path);
    this.children.set(name, child);
    return child;
  }

  private get links(): Map<string, number> {
    this.linksRead ??= readLinks(this.messages.map(fresh));
    return this.linksRead;
  }

  get isDataset(): boolean {
    return this.messages.some(({ type }) => type === MESSAGE.layout);
  }

  /** The texts of an attribute; undefined where there is none of that name, or where it has no text. */
  texts(name: string): string[] | undefined {
    this.attributesRead ??= this.messages.flatMap((message) => attributesOf(fresh(message)));
    const attribute = this.attributesRead.find((candidate) => candidate.name === name);
    return attribute && textsOf({ ...attribute, data: attribute.data.within(0) });
  }

  /** The values of a data set of numbers, in f32. */
  numbers(): ForeignWeight {
    const type = readType(this.message(MESSAGE.datatype, 'a data type'));
    const shape = readShape(this.message(MESSAGE.dataspace, 'a data space'));
    if (type.kind !== 'int' && type.kind !== 'float')
      throw this.file.wrong(`numbers in '${this.path}'`, type.kind);
    const bytes = readBytes({
      path: this.path,
      layout: this.message(MESSAGE.layout, 'a layout'),
      filters: this.find(MESSAGE.filters),
      shape,
      elementSize: type.size,
    });
    const isBfloat16 = this.texts('dtype')?.[0] === 'bfloat16';
    return { shape, data: decodeNumbers(bytes, type, isBfloat16 && type.size === 2) };
  }

  private find(type: number): Cursor | undefined {
    const message = this.messages.find((candidate) => candidate.type === type);
    return message && fresh(message).body;
  }

  private message(type: number, what: string): Cursor {
    const body = this.find(type);
    if (!body) throw this.file.wrong(`${what} for '${this.path}'`, 'none');
    return body;
  }
}

/** A message whose body has not been read yet. */
function fresh({ type, body }: Message): Message {
  return { type, body: body.within(0) };
}

interface RawAttribute {
  name: string;
  type: DataType;
  count: number;
  data: Cursor;
}

/** Those of a message: itself, or many in a heap (attribute info, IV.A.2.v). */
function attributesOf({ type, body }: Message): RawAttribute[] {
  if (type === MESSAGE.attribute) return [readAttribute(body)];
  if (type !== MESSAGE.attributeInfo) return [];
  body.skip(1);
  if (body.u8() & 1) body.skip(2);
  const heap = body.address();
  if (heap === UNDEFINED) return [];
  return heapMessages(body, heap, body.address(), 'attributes').map(readAttribute);
}

/** Attribute message (IV.A.2.m): name, type and shape, each filled up to 8 bytes in version 1. */
function readAttribute(body: Cursor): RawAttribute {
  const version = body.u8();
  if (version < 1 || version > 3) throw body.wrong('an attribute of version 1 to 3', `${version}`, -1);
  body.skip(1);
  const sizes = [body.u16(), body.u16(), body.u16()];
  if (version === 3) body.skip(1);
  const start = body.at;
  const [name, type, shape] = sizes.map((size) => {
    const part = body.from(body.skip(size), size);
    if (version === 1) body.align(start);
    return part;
  });
  const count = readShape(shape).reduce((product, dim) => product * dim, 1);
  return { name: name.text(sizes[0]), type: readType(type), count, data: body };
}

function textsOf({ type, count, data }: RawAttribute): string[] | undefined {
  const available = data.end - data.at;
  if (type.kind !== 'text' && type.kind !== 'heap text') return undefined;
  if (count * type.size > available) throw data.wrong(`${count * type.size} bytes`, `${available}`);
  if (type.kind === 'heap text') return readHeapTexts(data, count);
  return Array.from({ length: count }, () => data.text(type.size));
}
