/** How layers share what has to go: least damage for the same saving. */

/** One layer at one sparsity. */
export interface Step {
  sparsity: number;
  /** Weights, or ms, that the layer then saves; more with every step. */
  saved: number;
  /** What it does to the network, >= 0. */
  damage: number;
}

interface Segment {
  layer: number;
  from: Step;
  to: Step;
  /** Damage for one more saved. */
  slope: number;
}

/**
 * The sparsity of each layer that together save `goal` with the least damage, taking damages as additive and convex in between: the
 * segments of each layer's lower hull in order of their slope, the last one in part (Lagrange; Shoham and Gersho 1988).
 *
 * @param curves of each layer by ascending sparsity, without the dense layer
 * @param savedAt what layer `layer` saves at a sparsity between two steps; default linear in it
 * @returns undefined where all steps together do not save enough
 */
export function allocate(
  curves: readonly (readonly Step[])[],
  goal: number,
  savedAt?: (layer: number, sparsity: number) => number,
): number[] | undefined {
  const sparsities = curves.map(() => 0);
  const segments = curves.flatMap((curve, layer) => segmentsOf(lowerHull(curve), layer));
  segments.sort((a, b) => a.slope - b.slope || a.layer - b.layer || a.from.saved - b.from.saved);
  let missing = goal;
  for (const segment of segments) {
    if (missing <= 0) break;
    const { layer, from, to } = segment;
    sparsities[layer] = to.saved - from.saved <= missing ? to.sparsity : partOf(segment, missing, savedAt);
    missing -= to.saved - from.saved;
  }
  return missing > 1e-9 * Math.abs(goal) ? undefined : sparsities;
}

/** The sparsity inside a segment that saves `missing` more than its beginning. */
function partOf(
  { layer, from, to }: Segment,
  missing: number,
  savedAt?: (layer: number, sparsity: number) => number,
): number {
  const at = (part: number): number => from.sparsity + part * (to.sparsity - from.sparsity);
  if (!savedAt) return at(missing / (to.saved - from.saved));
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (savedAt(layer, at(middle)) - from.saved >= missing) high = middle;
    else low = middle;
  }
  return at(high);
}

/** The dense layer and the steps that no mix of two others beats, damage rising with what is saved. */
function lowerHull(curve: readonly Step[]): Step[] {
  const hull: Step[] = [];
  let most = 0;
  for (const step of [{ sparsity: 0, saved: 0, damage: 0 }, ...curve]) {
    // Less damage at a higher sparsity is noise of the samples.
    most = Math.max(most, step.damage);
    const point = { ...step, damage: most };
    if (hull.length > 0 && point.saved <= hull[hull.length - 1].saved) continue;
    while (
      hull.length > 1 &&
      slope(hull[hull.length - 2], point) <= slope(hull[hull.length - 2], hull[hull.length - 1])
    )
      hull.pop();
    hull.push(point);
  }
  return hull;
}

function segmentsOf(hull: Step[], layer: number): Segment[] {
  return hull.slice(1).map((to, i) => ({ layer, from: hull[i], to, slope: slope(hull[i], to) }));
}

function slope(from: Step, to: Step): number {
  return (to.damage - from.damage) / (to.saved - from.saved);
}
