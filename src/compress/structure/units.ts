import { elements, type Graph, type Tensor, type Weight } from '../../graph/index.js';
import type { ChannelAxis, ChannelSet } from '../../ops/channels.js';
import { viewOf } from '../../ops/check.js';
import { Classes } from '../../ops/classes.js';
import { getOp } from '../../ops/table.js';

/** A tensor or weight of the graph. */
export type Shaped = Tensor | Weight;

/** The unit of what has to stay: inputs and outputs of the graph, rows and columns of images, what an operator sums up. */
export const FIXED = 0;

/**
 * The units of a graph: positions along axes of tensors and weights that are kept or taken out together, found by the
 * operators' channel rules (DepGraph, Fang et al. 2023). A unit is a number; several positions of one axis may be of one unit
 * (a channel of a flattened image), and a unit usually lies along axes of many tensors (a channel of a residual stage).
 */
export class Units {
  readonly #classes = new Classes(1);
  readonly #first = new Map<Shaped, number[]>();

  constructor(readonly graph: Graph) {
    for (const array of [...graph.tensors.values(), ...graph.weights.values()]) this.#number(array);
    const ends = [...graph.inputs, ...graph.outputs].map((name) => graph.tensors.get(name)!);
    for (const of of ends) of.shape.forEach((_, axis) => this.#fix({ of, axis }));
    graph.nodes.forEach((node) => this.#link(node));
  }

  /** The unit of each position along an axis. */
  along(of: Shaped, axis: number): Int32Array {
    const first = this.#first.get(of)![axis];
    return Int32Array.from({ length: of.shape[axis] }, (_, i) => this.#classes.of(first + i));
  }

  /** Every position a unit of its own. */
  #number(array: Shaped): void {
    const firsts = array.shape.map((dim) => {
      const first = this.#classes.add();
      for (let i = 1; i < dim; i++) this.#classes.add();
      return first;
    });
    this.#first.set(array, firsts);
  }

  #link(node: Graph['nodes'][number]): void {
    const view = viewOf(this.graph, node);
    const rule = getOp(node.op).channels;
    const sets = rule?.sets(view, (of, axis) => this.along(of, axis)) ?? [];
    sets.forEach((set) => this.#join(set));
    for (const of of [...view.inputs, ...view.outputs, ...Object.values(view.weights)]) {
      of.shape.forEach((_, axis) => {
        const linked = sets.some((set) => set.some((member) => member.of === of && member.axis === axis));
        if (!linked) this.#fix({ of, axis });
      });
    }
  }

  #join(set: ChannelSet): void {
    const channels = new Map<number, number>();
    for (const { of, axis, channel = (i: number): number => i } of set) {
      const first = this.#first.get(of)![axis];
      for (let i = 0; i < of.shape[axis]; i++) {
        const known = channels.get(channel(i));
        if (known === undefined) channels.set(channel(i), first + i);
        else this.#classes.join(known, first + i);
      }
    }
  }

  #fix({ of, axis }: ChannelAxis): void {
    const first = this.#first.get(of)![axis];
    for (let i = 0; i < of.shape[axis]; i++) this.#classes.join(FIXED, first + i);
  }
}

/** The part of an array, row-major of `shape`, that is kept along each axis. */
export function keptPart<T extends Weight['data']>(
  data: T,
  shape: readonly number[],
  kept: readonly Uint8Array[],
): T {
  let [part, dims]: [T, number[]] = [data, [...shape]];
  kept.forEach((marks, axis) => {
    const positions = Array.from(marks.keys()).filter((i) => marks[i] === 1);
    if (positions.length === dims[axis]) return;
    part = take(part, dims, axis, positions);
    dims = dims.with(axis, positions.length);
  });
  return part === data ? (data.slice() as T) : part;
}

function take<T extends Weight['data']>(
  data: T,
  shape: readonly number[],
  axis: number,
  positions: number[],
): T {
  const inner = elements(shape.slice(axis + 1));
  const outer = elements(shape.slice(0, axis));
  const out = data.slice(0, outer * positions.length * inner) as T;
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const i of positions) {
      const from = (o * shape[axis] + i) * inner;
      out.set(data.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return out;
}
