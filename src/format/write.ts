import { ByteWriter } from './bytes.js';
import { checkModel, isI32 } from './check.js';
import { crc32 } from './crc32.js';
import { encodeWeight } from './encode.js';
import {
  ATTRIBUTES,
  CHECKSUM_BYTES,
  DTYPES,
  HEADER_BYTES,
  MAGIC,
  MAX_ITEMS,
  POSITIONS,
  SECTIONS,
  SECTION_ENTRY_BYTES,
  VALUES,
  VERSION,
  elementLimit,
  type LopAttribute,
  type LopModel,
  type LopNode,
  type LopTensor,
  type LopWeight,
} from './layout.js';

/** How `writeLop` writes. */
export interface WriteOptions {
  /** Also try range coding (smaller, a few nanoseconds a bit slower to load). Default true. */
  entropy?: boolean;
}

/**
 * Writes a model as a `.lop` file. The same model always gives the same bytes: each weight takes its smallest encoding.
 * Throws TypeError or RangeError (what, expected, got) where the model cannot be written.
 */
export function writeLop(model: LopModel, { entropy = true }: WriteOptions = {}): Uint8Array {
  checkModel(model);
  const strings = new Strings();
  const tensors = writeTensors([...model.tensors.values()], strings);
  const weights = writeWeights([...model.weights.values()], strings, entropy);
  const nodes = writeNodes(model, strings);
  const sections: [kind: number, bytes: Uint8Array][] = [
    [SECTIONS.strings, strings.finish()],
    [SECTIONS.tensors, tensors],
    [SECTIONS.weights, weights],
    [SECTIONS.nodes, nodes],
  ];
  if (Object.keys(model.metadata).length > 0) {
    sections.push([SECTIONS.metadata, new TextEncoder().encode(JSON.stringify(model.metadata))]);
  }
  const file = assemble(sections);
  checkLimit(model, file.length);
  return file;
}

/** A reader refuses weights that are out of proportion to their file, so a writer must too. */
function checkLimit(model: LopModel, bytes: number): void {
  const total = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  if (total > elementLimit(bytes)) {
    throw new RangeError(
      `weights: expected at most ${elementLimit(bytes)} elements in a file of ${bytes} bytes, got ${total}: remove what is all zero`,
    );
  }
}

function assemble(sections: [kind: number, bytes: Uint8Array][]): Uint8Array {
  const out = new ByteWriter();
  const body = sections.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  out.u32(MAGIC);
  out.u16(VERSION);
  out.u16(sections.length);
  out.u32(HEADER_BYTES + sections.length * SECTION_ENTRY_BYTES + body + CHECKSUM_BYTES);
  for (const [kind, bytes] of sections) {
    out.u32(kind);
    out.u32(bytes.length);
  }
  for (const [, bytes] of sections) out.bytes(bytes);
  out.u32(crc32(out.finish()));
  return out.finish();
}

/** The string section: each string once, in order of first use. */
class Strings {
  readonly #indices = new Map<string, number>();

  index(text: string): number {
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  finish(): Uint8Array {
    const out = new ByteWriter();
    count16(out, this.#indices.size, 'strings');
    for (const text of this.#indices.keys()) {
      const bytes = new TextEncoder().encode(text);
      if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== text) {
        throw new RangeError(`string: expected Unicode, got a lone surrogate in '${text}'`);
      }
      count16(out, bytes.length, `bytes of '${text.slice(0, 40)}...'`);
      out.bytes(bytes);
    }
    return out.finish();
  }
}

function writeTensors(tensors: LopTensor[], strings: Strings): Uint8Array {
  const out = new ByteWriter();
  countItems(out, tensors.length, 'tensors');
  for (const { name, dtype, shape, quantization } of tensors) {
    writeTyped(out, strings.index(name), dtype, shape);
    if (quantization) {
      out.f32(quantization.scale);
      out.i8(quantization.zeroPoint);
    }
  }
  return out.finish();
}

function writeTyped(out: ByteWriter, name: number, dtype: LopTensor['dtype'], shape: number[]): void {
  out.u16(name);
  out.u8(DTYPES.indexOf(dtype));
  out.u8(shape.length);
  for (const dim of shape) out.u32(dim);
}

function writeWeights(weights: LopWeight[], strings: Strings, entropy: boolean): Uint8Array {
  const out = new ByteWriter();
  countItems(out, weights.length, 'weights');
  for (const weight of weights) {
    const encoded = encodeWeight(weight, entropy);
    writeTyped(out, strings.index(weight.name), weight.dtype, weight.shape);
    for (const side of weight.block) out.u8(side);
    out.u8(POSITIONS.indexOf(encoded.positions));
    out.u8(VALUES.indexOf(encoded.values));
    out.u8(encoded.coding);
    out.u32(encoded.kept);
    out.u32(encoded.bytes.length);
    out.u32(encoded.valueStream.length);
    out.bytes(encoded.bytes);
    out.bytes(encoded.valueStream);
  }
  return out.finish();
}

function indexOf(names: Iterable<string>): Map<string, number> {
  return new Map([...names].map((name, index) => [name, index]));
}

function writeNodes(model: LopModel, strings: Strings): Uint8Array {
  const out = new ByteWriter();
  const tensors = indexOf(model.tensors.keys());
  const weights = indexOf(model.weights.keys());
  writeList(out, model.inputs, tensors, 'inputs');
  writeList(out, model.outputs, tensors, 'outputs');
  countItems(out, model.nodes.length, 'nodes');
  for (const node of model.nodes) writeNode(out, node, strings, tensors, weights);
  return out.finish();
}

function writeList(out: ByteWriter, names: string[], tensors: Map<string, number>, what: string): void {
  count16(out, names.length, what);
  for (const name of names) out.u16(tensors.get(name) as number);
}

function writeNode(
  out: ByteWriter,
  node: LopNode,
  strings: Strings,
  tensors: Map<string, number>,
  weights: Map<string, number>,
): void {
  const roles = Object.entries(node.weights);
  const attributes = Object.entries(node.attributes);
  out.u16(strings.index(node.op));
  out.u16(strings.index(node.name));
  count8(out, node.inputs.length, `node '${node.name}': inputs`);
  count8(out, node.outputs.length, `node '${node.name}': outputs`);
  count8(out, roles.length, `node '${node.name}': weights`);
  count8(out, attributes.length, `node '${node.name}': attributes`);
  for (const name of [...node.inputs, ...node.outputs]) out.u16(tensors.get(name) as number);
  for (const [role, name] of roles) {
    out.u16(strings.index(role));
    out.u16(weights.get(name) as number);
  }
  for (const [key, value] of attributes) {
    out.u16(strings.index(key));
    writeAttribute(out, value, strings);
  }
}

function writeAttribute(out: ByteWriter, value: LopAttribute, strings: Strings): void {
  if (typeof value === 'string') {
    out.u8(ATTRIBUTES.string);
    out.u16(strings.index(value));
  } else if (typeof value !== 'number') {
    out.u8(ATTRIBUTES.list);
    out.u8(value.length);
    for (const item of value) out.i32(item);
  } else if (isI32(value)) {
    out.u8(ATTRIBUTES.i32);
    out.i32(value);
  } else {
    out.u8(ATTRIBUTES.f32);
    out.f32(value);
  }
}

function countItems(out: ByteWriter, count: number, what: string): void {
  if (count > MAX_ITEMS) throw new RangeError(`${what}: expected at most ${MAX_ITEMS}, got ${count}`);
  out.u16(count);
}

function count16(out: ByteWriter, count: number, what: string): void {
  if (count > 0xffff) throw new RangeError(`${what}: expected at most 65535, got ${count}`);
  out.u16(count);
}

function count8(out: ByteWriter, count: number, what: string): void {
  if (count > 0xff) throw new RangeError(`${what}: expected at most 255, got ${count}`);
  out.u8(count);
}
