import assert from 'node:assert/strict';
import { copyGraph, type Graph } from '../../src/graph/index.js';
import { checkGraph } from '../../src/ops/check.js';
import type { Pass } from '../../src/passes/rewrite.js';
import { runReference } from '../../src/reference/run.js';
import type { Random } from '../helpers/random.js';
import { inputsOf, within } from '../ops/helpers.js';

export const opsOf = (graph: Graph): string => graph.nodes.map(({ op }) => op).join(' ');

/** A copy that the pass changed. */
export function passed(pass: Pass, graph: Graph): Graph {
  const copy = copyGraph(graph);
  pass(copy);
  checkGraph(copy);
  return copy;
}

/**
 * Runs the pass on a copy, and both with the plain reference: the same outputs, within `roundings` f32 roundings of the
 * largest output. Gives the copy.
 */
export function keepsOutputs(pass: Pass, graph: Graph, r: Random, roundings: number, message = ''): Graph {
  checkGraph(graph);
  const copy = passed(pass, graph);
  assert.deepEqual(
    copy.outputs.map((name) => copy.tensors.get(name)!.shape),
    graph.outputs.map((name) => graph.tensors.get(name)!.shape),
    message,
  );
  const inputs = inputsOf(graph, r);
  const want = runReference(graph, inputs);
  runReference(copy, inputs).forEach((got, i) => {
    const largest = Array.from(want[i]).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    within(got, want[i], () => roundings * 2 ** -24 * largest, `${message} ${opsOf(graph)}`);
  });
  return copy;
}
