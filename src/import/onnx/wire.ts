/** Protobuf messages, read field by field with checked lengths: protobufjs' Reader under ONNX' own field numbers. */
import protobuf from 'protobufjs/minimal.js';
import { ImportError } from '../errors.js';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
const WIRES = ['varint', 'fixed64', 'length', 'group', 'group end', 'fixed32'];

/** Most messages within each other: a graph in an attribute in a node is three. */
const MOST_DEPTH = 64;

/** What to do with the fields of a message, by number; other fields are skipped. */
export type Handlers = Record<number, (field: Field) => void>;

/**
 * Calls the handler of each field.
 * @param where the message's place, for messages: `graph.node[3]`
 * @throws ImportError for bytes that are no message, with place and offset
 */
export function readFields(bytes: Uint8Array, where: string, handlers: Handlers, depth = 0): void {
  if (depth > MOST_DEPTH) throw malformed(where, `expected at most ${MOST_DEPTH} messages in each other`);
  const reader = new protobuf.Reader(bytes);
  while (reader.pos < reader.len) {
    const at = reader.pos;
    try {
      const tag = reader.uint32();
      const handler = handlers[tag >>> 3];
      if (handler) handler(new Field(reader, tag >>> 3, tag & 7, where, depth));
      else skip(reader, tag);
    } catch (error) {
      if (error instanceof ImportError) throw error;
      throw malformed(where, `${(error as Error).message} (byte ${at} of ${reader.len})`, error);
    }
  }
}

/** Groups, which nest without lengths, are in no ONNX message. */
function skip(reader: protobuf.Reader, tag: number): void {
  const wire = tag & 7;
  if (tag >>> 3 === 0 || wire === 3 || wire === 4 || wire > FIXED32)
    throw new RangeError(`no field of ONNX: number ${tag >>> 3}, wire type ${wire}`);
  reader.skipType(wire);
}

function malformed(where: string, what: string, cause?: unknown): ImportError {
  return new ImportError('format', `${where}: expected a protobuf message of ONNX, got: ${what}`, { cause });
}

/** One field's value; each reader checks that the field has its kind. */
export class Field {
  constructor(
    private readonly reader: protobuf.Reader,
    private readonly number: number,
    private readonly wire: number,
    private readonly where: string,
    private readonly depth: number,
  ) {}

  int(): number {
    this.expect(VARINT);
    return int64(this.reader);
  }

  float(): number {
    this.expect(FIXED32);
    return this.reader.float();
  }

  bytes(): Uint8Array {
    this.expect(LENGTH);
    return this.reader.bytes();
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  message(where: string, handlers: Handlers): void {
    readFields(this.bytes(), where, handlers, this.depth + 1);
  }

  /** Whole numbers, packed or one. */
  ints(into: number[]): void {
    this.repeated(VARINT, (reader) => into.push(int64(reader)));
  }

  floats(into: number[]): void {
    this.repeated(FIXED32, (reader) => into.push(reader.float()));
  }

  doubles(into: number[]): void {
    this.repeated(FIXED64, (reader) => into.push(reader.double()));
  }

  private repeated(wire: number, read: (reader: protobuf.Reader) => void): void {
    if (this.wire === wire) return read(this.reader);
    const packed = new protobuf.Reader(this.bytes());
    while (packed.pos < packed.len) read(packed);
  }

  private expect(wire: number): void {
    if (this.wire === wire) return;
    const got = WIRES[this.wire] ?? `wire type ${this.wire}`;
    throw malformed(this.where, `field ${this.number} is ${got} instead of ${WIRES[wire]}`);
  }
}

/** Beyond 2^53 rounded: such numbers stand for "to the end". */
function int64(reader: protobuf.Reader): number {
  const value = reader.int64() as unknown as number | { toNumber(): number };
  return typeof value === 'number' ? value : value.toNumber();
}
