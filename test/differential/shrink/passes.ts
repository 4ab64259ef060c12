/** Ways to make a case smaller, from those that take most away. */
import { elements, MAX_RANK, type Node, type Tensor, type Weight } from '../../../src/graph/graph.js';
import { getOp } from '../../../src/ops/table.js';
import type { Values } from '../../../src/ops/op.js';
import type { Case } from '../case.js';
import { cutCase, keepNodes, reshape, type Range } from './edit.js';

/** Cases that are smaller than this one; some may be none. */
export type Pass = (c: Case) => Iterable<Case>;

/** One sample. */
function* samples(c: Case): Iterable<Case> {
  if (c.samples.length > 1) for (const sample of c.samples) yield { ...c, samples: [sample] };
}

/** Each node alone, then all but some: half of them, a quarter, ... one. */
function* nodes(c: Case): Iterable<Case> {
  const { nodes: all } = c.graph;
  if (all.length === 1) return;
  for (const node of all) yield keepNodes(c, [node]);
  for (let size = all.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < all.length; at += size) yield keepNodes(c, all.toSpliced(at, size));
  }
}

/** One output; inputs that are read. */
function* ends(c: Case): Iterable<Case> {
  const { outputs, inputs, nodes: all, tensors } = c.graph;
  if (outputs.length > 1) {
    for (const output of outputs) yield { ...c, graph: { ...c.graph, outputs: [output] } };
  }
  const read = new Set([...all.flatMap((node) => node.inputs), ...outputs]);
  const kept = inputs.filter((name) => read.has(name));
  if (kept.length === inputs.length || kept.length === 0) return;
  const gone = inputs.filter((name) => !read.has(name));
  yield {
    ...c,
    graph: {
      ...c.graph,
      inputs: kept,
      tensors: new Map([...tensors].filter(([name]) => !gone.includes(name))),
    },
    samples: c.samples.map((sample) => sample.filter((_, i) => read.has(inputs[i]))),
  };
}

function withNode(c: Case, at: number, changes: Partial<Node>): Case {
  return reshape(c, { nodes: c.graph.nodes.with(at, { ...c.graph.nodes[at], ...changes }) });
}

/** Attributes left out, or with one of their numbers 0 or 1; weights left out that may be. */
function* parts(c: Case): Iterable<Case> {
  for (const [at, node] of c.graph.nodes.entries()) {
    for (const [key, value] of Object.entries(node.attributes)) {
      const { [key]: _gone, ...others } = node.attributes;
      yield withNode(c, at, { attributes: others });
      if (!Array.isArray(value)) continue;
      for (let i = 0; i < value.length; i++) {
        for (const n of [0, 1]) {
          if (value[i] > n) yield withNode(c, at, { attributes: { ...others, [key]: value.with(i, n) } });
        }
      }
    }
    for (const role of getOp(node.op).weights.optional) {
      const { [role]: gone, ...others } = node.weights;
      if (gone) yield withNode(c, at, { weights: others });
    }
  }
}

/** The halves of an axis, and all but one at either end. */
function ranges(n: number): Range[] {
  const half = (n + 1) >> 1;
  const parts = [
    { from: 0, to: half },
    { from: half, to: n },
    { from: 0, to: n - 1 },
    { from: 1, to: n },
  ];
  return n > 3 ? parts : parts.slice(0, 2);
}

/** An axis cut wherever there is one of its length; then at one place from the end; then of one input or weight; then a node's outputs. */
function* lengths(c: Case): Iterable<Case> {
  for (const cut of cuts(c)) if (sizeOf(cut) < sizeOf(c)) yield cut;
}

function* cuts(c: Case): Iterable<Case> {
  const { graph } = c;
  const shapes = [...graph.inputs.map((name) => graph.tensors.get(name)!), ...graph.weights.values()];
  const all = new Set(shapes.flatMap(({ shape }) => shape).filter((n) => n > 1));
  for (const n of [...all].toSorted((a, b) => b - a)) {
    for (const range of ranges(n)) {
      yield cutCase(c, (_, shape) => shape.flatMap((dim, axis) => (dim === n ? [{ axis, range }] : [])));
      for (let end = 1; end <= MAX_RANK; end++) {
        yield cutCase(c, (_, shape) => (shape.at(-end) === n ? [{ axis: shape.length - end, range }] : []));
      }
      for (const { name, shape } of shapes) {
        for (let axis = 0; axis < shape.length; axis++) {
          if (shape[axis] === n) yield cutCase(c, (other) => (other === name ? [{ axis, range }] : []));
        }
      }
      for (const node of graph.nodes) {
        const own = Object.values(node.weights);
        yield cutCase(c, (name, [dim]) => (own.includes(name) && dim === n ? [{ axis: 0, range }] : []));
      }
    }
  }
}

/** The first axis away where it is 1: of all inputs of the highest rank that have one, then of one. */
function* ranks(c: Case): Iterable<Case> {
  const { graph } = c;
  const drop = (names: string[]): Case => {
    const tensors = new Map(graph.tensors);
    for (const name of names) {
      const tensor = tensors.get(name)!;
      tensors.set(name, { ...tensor, shape: tensor.shape.slice(1) });
    }
    return reshape(c, { tensors });
  };
  const flat = graph.inputs.filter((name) => graph.tensors.get(name)!.shape[0] === 1);
  const most = Math.max(...flat.map((name) => graph.tensors.get(name)!.shape.length));
  const highest = flat.filter((name) => graph.tensors.get(name)!.shape.length === most);
  if (highest.length > 0) yield drop(highest);
  for (const name of flat) yield drop([name]);
}

/** An array of zeros, of ones, with a part of it alone, and without that part. */
function* simpler<T extends Values | Int32Array>(data: T, zero: number): Iterable<T> {
  if (data.every((value) => value === zero)) return;
  yield data.map(() => zero) as T;
  if (data.some((value) => value !== zero && value !== zero + 1)) yield data.map(() => zero + 1) as T;
  for (let size = data.length >> 1; size >= Math.max(1, data.length >> 4); size >>= 1) {
    for (let at = 0; at < data.length; at += size) {
      const inside = (i: number): boolean => i >= at && i < at + size;
      if (data.some((value, i) => !inside(i) && value !== zero))
        yield data.map((value, i) => (inside(i) ? value : zero)) as T;
      if (data.some((value, i) => inside(i) && value !== zero))
        yield data.map((value, i) => (inside(i) ? zero : value)) as T;
    }
  }
}

function* numbers(c: Case): Iterable<Case> {
  for (const [name, weight] of c.graph.weights) {
    const change = (changes: Partial<Weight>): Case => ({
      ...c,
      graph: { ...c.graph, weights: new Map(c.graph.weights).set(name, { ...weight, ...changes }) },
    });
    if (`${weight.block}` !== '1,1') yield change({ block: [1, 1] });
    for (const data of simpler(weight.data, 0)) yield change({ data });
  }
  for (const [i, name] of c.graph.inputs.entries()) {
    const { quantization } = c.graph.tensors.get(name)!;
    for (const [s, sample] of c.samples.entries()) {
      for (const values of simpler(sample[i], quantization?.zeroPoint ?? 0))
        yield { ...c, samples: c.samples.with(s, sample.with(i, values)) };
    }
  }
}

/** A scale of 1 and a zero point of 0, wherever a tensor has the same. */
function* scales(c: Case): Iterable<Case> {
  const some = new Map(
    [...c.graph.tensors.values()].map((x) => [JSON.stringify(x.quantization), x.quantization]),
  );
  for (const q of some.values()) {
    if (!q) continue;
    for (const next of [
      { scale: 1, zeroPoint: 0 },
      { ...q, zeroPoint: 0 },
      { ...q, scale: 1 },
    ]) {
      if (next.scale === q.scale && next.zeroPoint === q.zeroPoint) continue;
      const change = (x: Tensor): Tensor =>
        x.quantization?.scale === q.scale && x.quantization.zeroPoint === q.zeroPoint
          ? { ...x, quantization: next }
          : x;
      const tensors = new Map([...c.graph.tensors].map(([name, x]) => [name, change(x)]));
      yield { ...c, graph: { ...c.graph, tensors } };
    }
  }
}

function* file(c: Case): Iterable<Case> {
  if (c.entropy) yield { ...c, entropy: false };
  if (Object.keys(c.graph.metadata).length > 0) yield { ...c, graph: { ...c.graph, metadata: {} } };
}

export const PASSES: Pass[] = [samples, nodes, ends, lengths, parts, ranks, numbers, scales, file];

/** Numbers in all. */
function sizeOf({ graph, samples: some }: Case): number {
  const all = [...graph.tensors.values(), ...graph.weights.values()];
  return some.length * all.reduce((sum, { shape }) => sum + elements(shape), 0);
}
