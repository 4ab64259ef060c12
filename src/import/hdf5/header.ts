/** Object headers: the messages that say what a group or a data set is (HDF5 file format, IV.A). */
import type { Cursor } from './cursor.js';

/** Types of message that are read here. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

export interface Message {
  type: number;
  /** The message's body alone. */
  body: Cursor;
}

/** The body is in another object (a committed data type). */
const SHARED = 0x02;

/** All messages of the object at the cursor, those in its continuation blocks too. */
export function readMessages(cursor: Cursor): Message[] {
  const isNew = cursor.bytes[cursor.at] === 0x4f; // 'OHDR'
  const { first, read } = isNew ? newHeader(cursor) : oldHeader(cursor);
  const messages: Message[] = [];
  const blocks = [first];
  const seen = new Set<number>();
  for (let block = blocks.pop(); block; block = blocks.pop()) {
    if (seen.has(block.at)) throw block.wrong('a block of messages not read before', 'one that leads back');
    seen.add(block.at);
    for (const message of read(block)) {
      if (message.type !== MESSAGE.continuation) messages.push(message);
      else blocks.push(continued(message.body, isNew));
    }
  }
  return messages;
}

interface Header {
  first: Cursor;
  read(block: Cursor): Message[];
}

/** Version 1: 8 bytes before each message, bodies aligned to 8. */
function oldHeader(cursor: Cursor): Header {
  const start = cursor.at;
  const version = cursor.u8();
  if (version !== 1) throw cursor.from(start).wrong('an object header of version 1 or 2', `${version}`);
  cursor.skip(7);
  const size = cursor.u32();
  cursor.skip(4);
  return { first: cursor.from(cursor.at, size), read: readOld };
}

function readOld(block: Cursor): Message[] {
  const messages: Message[] = [];
  while (block.end - block.at >= 8) {
    const type = block.u16();
    const size = block.u16();
    const flags = block.u8();
    block.skip(3);
    messages.push(messageOf(block, type, size, flags));
  }
  return messages;
}

/** Version 2: 'OHDR', sizes as small as they can be, a checksum (not used here: what is read is checked by itself). */
function newHeader(cursor: Cursor): Header {
  cursor.expectSignature('OHDR');
  const version = cursor.u8();
  if (version !== 2) throw cursor.wrong('an object header of version 2', `${version}`, -1);
  const flags = cursor.u8();
  if (flags & 0x20) cursor.skip(16);
  if (flags & 0x10) cursor.skip(4);
  const size = cursor.uint(1 << (flags & 3));
  const order = flags & 0x04 ? 2 : 0;
  return { first: cursor.from(cursor.at, size), read: (block) => readNew(block, order) };
}

function readNew(block: Cursor, order: number): Message[] {
  const messages: Message[] = [];
  while (block.end - block.at >= 4 + order) {
    const type = block.u8();
    const size = block.u16();
    const flags = block.u8();
    block.skip(order);
    messages.push(messageOf(block, type, size, flags));
  }
  return messages;
}

function messageOf(block: Cursor, type: number, size: number, flags: number): Message {
  const at = block.skip(size);
  if (flags & SHARED && type === MESSAGE.datatype) {
    throw block
      .from(at)
      .wrong('a data type of its own', 'a shared one; save the file with h5py as Keras does');
  }
  return { type, body: block.from(at, size) };
}

function continued(body: Cursor, isNew: boolean): Cursor {
  const at = body.address();
  const block = body.from(at, body.u64());
  if (!isNew) return block;
  block.expectSignature('OCHK');
  return block.from(block.at, block.end - block.at - 4);
}
