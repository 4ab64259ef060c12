/** Compares an executor with the plain reference on one case. */
import { writeLop } from '../../src/format/index.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import { viewOf } from '../../src/ops/check.js';
import type { Values } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';
import { referenceTensors } from '../../src/reference/run.js';
import { anyZero, boundsOf } from './bounds.js';
import { sameBits, type Case } from './case.js';
import { compare, type Difference } from './difference.js';
import { Refused, type Executor, type Model } from './executors.js';
import type { Tally } from './tally.js';

export interface Failure extends Partial<Difference> {
  executor: string;
  /** `node`: one node's results from what it read; `again`, `outputs`: the same model gave other bits before. */
  kind: 'refused' | 'threw' | 'node' | 'again' | 'outputs';
  /** Of the error, or what was compared. */
  message: string;
  op?: string;
  tensor?: string;
  sample?: number;
}

/** A case as files. */
export interface Prepared extends Case {
  model: Model;
  /** The same graph, whose every tensor is an output too. */
  open: Model;
  /** Of each sample every tensor by the plain reference. */
  reference: Map<string, Values>[];
}

export function prepare({ graph, samples, entropy }: Case): Prepared {
  const outputs = [...graph.inputs, ...graph.nodes.map((node) => node.outputs[0])];
  const plain = { ...graph, weights: withoutNegativeZeros(graph.weights) };
  const open: Graph = { ...plain, outputs };
  return {
    graph: plain,
    samples,
    entropy,
    model: { graph: plain, file: writeLop(plain, { entropy }) },
    open: { graph: open, file: writeLop(open, { entropy }) },
    reference: samples.map((sample) => referenceTensors(plain, sample)),
  };
}

/** As a file may have them: -0 counts as 0 where a block is pruned. */
function withoutNegativeZeros(weights: Graph['weights']): Graph['weights'] {
  return new Map(
    [...weights].map(([name, weight]) => [name, { ...weight, data: weight.data.map((v) => v + 0) }]),
  );
}

/**
 * The first fault of an executor, or undefined. Each node is compared alone: the reference computes it from what the executor's own
 * nodes before it gave, so that no error of one node excuses that of another. Then the real file, whose tensors share memory, must
 * give the bits that they had.
 */
export async function check(c: Prepared, executor: Executor, tally?: Tally): Promise<Failure | undefined> {
  const { name } = executor;
  try {
    const again = executor.nodesOnly ? [] : [c.samples[0]];
    const tensors = await executor.run(c.open, [...c.samples, ...again], 1);
    if (!tensors) tally?.passed(name);
    return (
      (tensors && checkNodes(c, executor, tensors, tally)) ??
      (await checkOutputs(c, executor, tensors, tally))
    );
  } catch (error) {
    if (error instanceof Refused) return { executor: name, kind: 'refused', message: error.message };
    return { executor: name, kind: 'threw', message: (error as Error).stack ?? String(error) };
  }
}

function checkNodes(
  c: Prepared,
  executor: Executor,
  tensors: Values[][],
  tally?: Tally,
): Failure | undefined {
  const { outputs, nodes } = c.open.graph;
  const again = tensors[c.samples.length] ?? tensors[0];
  const other = again.findIndex((values, i) => !sameBits(values, tensors[0][i]));
  if (other >= 0) return differing(executor, 'again', outputs[other], 0, tensors[0][other], again[other]);
  for (const [s, reference] of c.reference.entries()) {
    const got = new Map(outputs.map((tensor, i) => [tensor, tensors[s][i]]));
    for (const node of nodes) {
      const failure = checkNode(c.graph, node, executor, got, reference, tally);
      if (failure) return { ...failure, sample: s };
    }
  }
  return undefined;
}

function checkNode(
  graph: Graph,
  node: Node,
  executor: Executor,
  got: Map<string, Values>,
  reference: Map<string, Values>,
  tally?: Tally,
): Failure | undefined {
  const read = node.inputs.map((name) => got.get(name)!);
  // FORMAT.md fixes no results for NaN but quantize's
  if (node.op !== 'quantize' && read.some((values) => values.some(Number.isNaN))) return undefined;
  const [tensor] = node.outputs;
  const view = viewOf(graph, node);
  const known = node.inputs.every((name, i) => sameBits(read[i], reference.get(name)!));
  const want = known ? reference.get(tensor)! : getOp(node.op).reference(view, read, view.weights);
  const values = got.get(tensor)!;
  const { name } = executor;
  if (sameBits(values, want)) return void tally?.compared(name, node.op, view.outputs[0].dtype, 0);
  const bounds = executor.exact ? undefined : boundsOf(view, read, want, executor.bounds);
  const anySign = !executor.exact && (executor.nodesOnly || anyZero(view));
  const { share, difference } = compare(values, want, bounds, anySign);
  tally?.compared(name, node.op, view.outputs[0].dtype, share);
  if (!difference) return undefined;
  return { executor: name, kind: 'node', message: `node ${node.name}`, op: node.op, tensor, ...difference };
}

/** Two runs of the samples as one batch. */
async function checkOutputs(
  { model, open, samples }: Prepared,
  executor: Executor,
  tensors: Values[][] | undefined,
  tally?: Tally,
): Promise<Failure | undefined> {
  if (executor.nodesOnly) return undefined;
  const runs = await executor.run(model, [...samples, ...samples], samples.length);
  if (!runs || !tensors) return undefined;
  const { outputs } = model.graph;
  for (const [run, results] of runs.entries()) {
    const sample = run % samples.length;
    for (const [i, tensor] of outputs.entries()) {
      const want = tensors[sample][open.graph.outputs.indexOf(tensor)];
      tally?.output(executor.name);
      if (!sameBits(results[i], want))
        return differing(executor, 'outputs', tensor, sample, want, results[i]);
    }
  }
  return undefined;
}

function differing(
  { name: executor }: Executor,
  kind: 'again' | 'outputs',
  tensor: string,
  sample: number,
  want: Values,
  got: Values,
): Failure {
  const { difference } = compare(got, want, undefined, false);
  const message =
    kind === 'again' ? 'the first sample once more' : 'the file whose other tensors are no outputs';
  return { executor, kind, message, tensor, sample, ...difference };
}
