/** Which precisions to choose, once it is known what each costs: bytes and losses add up over layers and activations. */
import { GraphIndex, type Graph, type Node } from '../../graph/index.js';
import { selections } from '../search/knapsack.js';
import { isFloat, type Precision } from './precision.js';

/** One form of a layer. */
export interface Candidate {
  precision: Precision;
  /** Of the layer's weights in the file. */
  bytes: number;
  /** Where these weights alone are rounded. */
  loss: number;
}

export interface LayerCandidates {
  name: string;
  candidates: readonly Candidate[];
}

/** An int8 activation. */
export interface RoundedTensor {
  name: string;
  /** Where it alone is rounded. */
  loss: number;
  /** Layers that write or read it: where all compute in f32, it is not rounded. */
  layers: readonly string[];
}

/** A precision for each layer. */
export interface Choice {
  bytes: number;
  loss: number;
  /** In the layers' order. */
  candidates: Candidate[];
}

/** Sets of f32 layers that are tried. */
const MOST_SETS = 12;

/**
 * All choices that no other beats in bytes and loss, by ascending bytes. An activation stays f32 where the layers around it do, so that the forms of
 * neighbours hang together: the worst activations are freed one after another, and for each of these sets of f32 layers the rest is a multiple-choice
 * knapsack, solved by dynamic programming.
 */
export function paretoChoices(
  layers: readonly LayerCandidates[],
  tensors: readonly RoundedTensor[],
): Choice[] {
  const choices = floatSets(layers, tensors).flatMap((float) => choicesWith(layers, tensors, float));
  choices.sort((a, b) => a.bytes - b.bytes || a.loss - b.loss);
  let least = Infinity;
  return choices.filter(({ loss }) => loss < least && ((least = loss), true));
}

/** From none on, each with what frees the next worst activation; all where layers can be nothing else. */
function floatSets(layers: readonly LayerCandidates[], tensors: readonly RoundedTensor[]): Set<string>[] {
  const can = (kind: boolean) =>
    new Set(
      layers
        .filter(({ candidates }) => candidates.some((c) => isFloat(c.precision) === kind))
        .map(({ name }) => name),
    );
  const [canFloat, canRound] = [can(true), can(false)];
  const sets = [new Set([...canFloat].filter((name) => !canRound.has(name)))];
  for (const { layers: around } of tensors.toSorted((a, b) => b.loss - a.loss)) {
    const last = sets[sets.length - 1];
    if (
      sets.length === MOST_SETS ||
      !around.every((name) => canFloat.has(name)) ||
      around.every((name) => last.has(name))
    )
      continue;
    sets.push(new Set([...last, ...around]));
  }
  return sets;
}

function choicesWith(
  layers: readonly LayerCandidates[],
  tensors: readonly RoundedTensor[],
  float: ReadonlySet<string>,
): Choice[] {
  const rounded = tensors.filter(
    ({ layers: around }) => around.length === 0 || !around.every((name) => float.has(name)),
  );
  const lost = rounded.reduce((sum, { loss }) => sum + loss, 0);
  const allowed = layers.map(({ name, candidates }) =>
    candidates.filter(({ precision }) => isFloat(precision) === float.has(name)),
  );
  const options = allowed.map((candidates) => candidates.map(({ bytes, loss }) => ({ cost: bytes, loss })));
  return selections(options).map(({ cost, loss, choice }) => ({
    bytes: cost,
    loss: loss + lost,
    candidates: choice.map((at, layer) => allowed[layer][at]),
  }));
}

/** Layers with a kernel that write or read `tensor`, through nodes without one. */
export function layersAround(index: GraphIndex, tensor: string): string[] {
  const found = new Set<string>();
  const seen = new Set<Node>();
  const visit = (node: Node | undefined, next: (node: Node) => (Node | undefined)[]): void => {
    if (!node || seen.has(node)) return;
    seen.add(node);
    if (node.weights.kernel !== undefined) found.add(node.name);
    else next(node).forEach((other) => visit(other, next));
  };
  visit(index.producerOf(tensor), ({ inputs }) => inputs.map((name) => index.producerOf(name)));
  for (const reader of index.readersOf(tensor))
    visit(reader, ({ outputs }) => outputs.flatMap((name) => index.readersOf(name)));
  return [...found];
}

/** By tensor. */
export function aroundTensors(graph: Graph, tensors: Iterable<string>): Map<string, string[]> {
  const index = new GraphIndex(graph);
  return new Map(Array.from(tensors, (name) => [name, layersAround(index, name)]));
}
