import { copyGraph, type Graph, type Node } from '../../graph/index.js';
import { alternate, createParameters, type Dataset, type Parameter } from '../../train/index.js';
import {
  bySize,
  keepLargest,
  keptBlocks,
  measureChanges,
  type LayerScan,
  type ScanPoint,
  type PruneTarget,
} from '../prune/index.js';
import { LayerProblems } from './layer-problems.js';
import { giveBackMeans, offsetOf } from './layers.js';
import { firstScores, obsScores, pruneBySparseGpt } from './masks.js';
import { centred, type Moments } from './moments.js';
import type { OneShotOptions } from './prune.js';
import { readSamples } from './samples.js';
import { outputSensitivity } from './sensitivity.js';

/**
 * One sparsity, shared so that what all layers lose together is least. Only here errors count by outputs' sensitivity: rows of one
 * layer that compete by it lose outputs that matter once other layers are pruned (ResNet-20 at 90 % each layer, 256 samples: 54 %,
 * and 80 % where the rows' errors count the same).
 * @returns sparsities by kernel
 */
export async function sharedByLoss(
  graph: Graph,
  problems: LayerProblems,
  { seed, signal, share }: OneShotOptions,
  onVisited: () => void,
): Promise<Map<string, number>> {
  const sensitivity =
    share === 'sensitivity' ? await outputSensitivity(graph, problems.batches, { seed, signal }) : undefined;
  const scores = new Map<string, Float64Array>();
  let sparsity = 0;
  await problems.visit(graph, (node, target, moments) => {
    const problem = problems.problemOf(node, moments, sensitivity?.get(node.name) ?? relative(moments));
    const cut = problems.cutOf(node, target);
    const each = problems.isExact(problem, cut) ? obsScores(problem, cut) : firstScores(problem, cut);
    scores.set(target.weight, each);
    sparsity = target.sparsity;
    onVisited();
  });
  const units = [...scores.values()].reduce((sum, { length }) => sum + length, 0);
  const marks = keepLargest([...scores.values()], keptBlocks(units, sparsity));
  return new Map(
    Array.from(scores.keys(), (weight, i) => [
      weight,
      1 - marks[i].reduce((sum, mark) => sum + mark, 0) / marks[i].length,
    ]),
  );
}

/** One layer's errors in parts of what its outputs vary by. */
function relative(raw: Moments): Float64Array {
  const { energy } = centred(raw);
  const total = energy.reduce((sum, value) => sum + value, 0);
  return energy.map(() => 1 / (total || 1));
}

/** What each layer keeps at its first try, what part of that at each further one, and what part of what all keep at the last. */
const [FIRST_KEPT, NEXT_KEPT, LAST_KEPT] = [0.85, 0.65, 0.3];
/** Between two tries, points so far apart are taken for measured. */
const STEP = 0.02;

/**
 * Targets with sparsities of their own, together as sparse as asked, that hurt the network's answer least. Each layer is pruned alone, with
 * its update, by samples of one half of the training split, and the divergence of the answer is measured on the other half: what a layer
 * learns by heart of few samples is no merit. As OBC (Frantar and Alistarh 2022, section 5) with the network's own loss in the place of the
 * layers' squared errors. Here SparseGPT chooses the masks, whatever the method, and its weights are not solved again.
 */
export async function sharedByScan(
  graph: Graph,
  targets: readonly PruneTarget[],
  data: Dataset,
  options: OneShotOptions,
): Promise<PruneTarget[]> {
  const { train, test } = alternate(data);
  const { seed, samples, preprocessing, signal, onProgress } = options;
  const batches = await readSamples({ ...data, train }, options);
  const problems = new LayerProblems(graph, targets, batches, options);
  const sparsities = sparsitiesFor(targets[0].sparsity);
  const scan: LayerScan[] = [];
  await problems.visit(graph, async (node, target, moments) => {
    const changes = sparsities.map((sparsity) =>
      changeOf(graph, problems, node, { ...target, sparsity }, moments),
    );
    const held = { ...data, train: test };
    const damages = await measureChanges(graph, changes, held, { samples, seed, preprocessing, signal });
    const points = filledIn(damages.map((damage, i) => ({ sparsity: sparsities[i], ...damage })));
    scan.push({ layer: target.layer, weight: target.weight, size: moments.cross.length, points });
    onProgress?.(scan.length, 2 * problems.count);
  });
  const found = new Map(bySize(scan, targets).map((sparsity, i) => [scan[i].weight, sparsity]));
  return targets
    .map((target) => ({ ...target, sparsity: found.get(target.weight)! }))
    .filter(({ sparsity }) => sparsity > 0);
}

/** Closer together where few are left, as damage grows there. */
function sparsitiesFor(asked: number): number[] {
  const sparsities: number[] = [];
  for (let kept = FIRST_KEPT; kept > LAST_KEPT * (1 - asked); kept *= NEXT_KEPT) sparsities.push(1 - kept);
  return sparsities;
}

/**
 * The curve between its points: damage grows by about the same factor with each step (MobileNetV2's classifier: 0.020 at 50 %, 0.051, 0.101,
 * 0.30 at 82 %), and from the dense layer to the first point by the square.
 */
export function filledIn(points: readonly ScanPoint[]): ScanPoint[] {
  const curve: ScanPoint[] = [];
  let from: ScanPoint | undefined;
  for (const to of points) {
    const [start, width] = [from?.sparsity ?? 0, to.sparsity - (from?.sparsity ?? 0)];
    const steps = Math.ceil(width / STEP - 1e-9);
    for (let step = 1; step <= steps; step++) {
      const part = step / steps;
      const divergence =
        from && from.divergence > 0 && to.divergence > 0
          ? from.divergence * (to.divergence / from.divergence) ** part
          : to.divergence * part ** 2;
      curve.push({ ...to, sparsity: start + part * width, divergence });
    }
    from = to;
  }
  return curve;
}

/** The parameters that pruning one layer alone changes. */
function changeOf(
  graph: Graph,
  problems: LayerProblems,
  node: Node,
  target: PruneTarget,
  moments: Moments,
): Parameter[] {
  const pruned = copyGraph(graph);
  const { weights } = pruneBySparseGpt(
    problems.problemOf(node, moments),
    problems.cutOf(node, target),
    false,
  );
  pruned.weights.get(target.weight)!.data = weights;
  giveBackMeans(pruned, offsetOf(graph, node), weights, moments);
  const isChanged = (name: string): boolean =>
    pruned.weights.get(name)!.data !== graph.weights.get(name)!.data;
  const readers = pruned.nodes.filter((each) => Object.values(each.weights).some(isChanged));
  return [...createParameters({ ...pruned, nodes: readers }).values()].filter(({ name }) => isChanged(name));
}
