import { ByteReader } from './bytes.js';
import { refuse } from './error.js';
import { ATTRIBUTES, type LopAttribute, type LopModel, type LopNode } from './layout.js';
import { readCount, stringAt } from './strings.js';

/** What indices in the node section refer to. */
interface Names {
  strings: string[];
  tensors: string[];
  weights: string[];
}

/** Reads the node section; each tensor must have one producer, before all its readers. */
export function readNodes(bytes: Uint8Array, names: Names): Pick<LopModel, 'inputs' | 'outputs' | 'nodes'> {
  const reader = new ByteReader(bytes, 'section nodes');
  const inputs = readList(reader, reader.u16(), names.tensors, 'inputs');
  const outputs = readList(reader, reader.u16(), names.tensors, 'outputs');
  if (inputs.length === 0) refuse('count', 'inputs', 'at least 1', 0);
  if (outputs.length === 0) refuse('count', 'outputs', 'at least 1', 0);
  const produced = new Set<string>();
  for (const name of inputs) produce(produced, name, 'inputs');
  const nodes: LopNode[] = [];
  const taken = new Set<string>();
  for (let count = readCount(reader, 'nodes'); nodes.length < count;) {
    const node = readNode(reader, names, `node ${nodes.length}`);
    if (taken.has(node.name)) refuse('name', `node '${node.name}'`, 'a unique name', 'it twice');
    taken.add(node.name);
    connect(node, produced);
    nodes.push(node);
  }
  reader.end();
  for (const name of names.tensors) {
    if (!produced.has(name)) refuse('producer', `tensor '${name}'`, 'one producer', 0);
  }
  return { inputs, outputs, nodes };
}

function readNode(reader: ByteReader, names: Names, what: string): LopNode {
  const op = stringAt(names.strings, reader.u16(), `${what}: op`);
  const name = stringAt(names.strings, reader.u16(), `${what}: name`);
  const counts = { inputs: reader.u8(), outputs: reader.u8(), weights: reader.u8(), attributes: reader.u8() };
  const inputs = readList(reader, counts.inputs, names.tensors, `node '${name}': input`);
  const outputs = readList(reader, counts.outputs, names.tensors, `node '${name}': output`);
  const weights = readEntries(reader, counts.weights, names, 'role', `node '${name}': role`, (role) =>
    at(names.weights, reader.u16(), `node '${name}': ${role}: weight`),
  );
  const attributes = readEntries(
    reader,
    counts.attributes,
    names,
    'attribute',
    `node '${name}': attribute`,
    (key) => readAttribute(reader, names, `node '${name}': ${key}`),
  );
  return { name, op, inputs, outputs, attributes, weights };
}

function connect(node: LopNode, produced: Set<string>): void {
  for (const name of node.inputs) {
    if (!produced.has(name)) {
      refuse('order', `node '${node.name}': input`, 'a tensor made before it', `'${name}'`);
    }
  }
  for (const name of node.outputs) produce(produced, name, `node '${node.name}'`);
}

function produce(produced: Set<string>, name: string, by: string): void {
  if (produced.has(name)) refuse('producer', `${by}: tensor '${name}'`, 'one producer', 'a second');
  produced.add(name);
}

function readList(reader: ByteReader, count: number, tensors: string[], what: string): string[] {
  return Array.from({ length: count }, () => at(tensors, reader.u16(), `${what}: tensor`));
}

/** Own properties whatever their key, also `__proto__`. */
function readEntries<T>(
  reader: ByteReader,
  count: number,
  { strings }: Names,
  code: 'role' | 'attribute',
  what: string,
  read: (key: string) => T,
): Record<string, T> {
  const entries = new Map<string, T>();
  while (entries.size < count) {
    const key = stringAt(strings, reader.u16(), what);
    if (entries.has(key)) refuse(code, `${what} '${key}'`, 'once', 'it twice');
    entries.set(key, read(key));
  }
  return Object.fromEntries(entries);
}

function readAttribute(reader: ByteReader, { strings }: Names, what: string): LopAttribute {
  const type = reader.u8();
  switch (type) {
    case ATTRIBUTES.i32:
      return reader.i32();
    case ATTRIBUTES.f32: {
      const value = reader.f32();
      return Number.isFinite(value) ? value : refuse('attribute', what, 'a finite number', value);
    }
    case ATTRIBUTES.list:
      return Array.from({ length: reader.u8() }, () => reader.i32());
    case ATTRIBUTES.string:
      return stringAt(strings, reader.u16(), what);
    default:
      return refuse('attribute', `${what}: type`, 'below 4', type);
  }
}

function at(list: string[], index: number, what: string): string {
  return list[index] ?? refuse('index', what, `below ${list.length}`, index);
}
