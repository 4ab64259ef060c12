/** What layers cost on a device: measured by the caller, since the pipeline does not load the runtime; docs/recipes.md, "Latency". */

/** One layer of one block at several densities. */
export interface LayerCost {
  layer: string;
  block: readonly [number, number];
  /** By ascending density in (0, 1]; ms of one inference. */
  points: readonly { density: number; ms: number }[];
}

/** A network's measured costs. */
export interface LayerCosts {
  /** ms of everything that no entry of `layers` covers. */
  rest: number;
  layers: readonly LayerCost[];
}

/** Measures a network's layers for each of these blocks, on a device of the caller's. */
export type MeasureLayers = (blocks: readonly (readonly [number, number])[]) => Promise<LayerCosts>;

/** How one layer is to be stored. */
export interface LayerForm {
  layer: string;
  block: readonly [number, number];
  /** Kept weights / all weights, in [0, 1]. */
  density: number;
}

/**
 * ms of one layer: linear between the densities that were measured (a sparse kernel's time is affine in its kept blocks), and
 * flat outside them.
 *
 * @throws RangeError where the layer was not measured with this block
 */
export function layerMs(costs: LayerCosts, { layer, block, density }: LayerForm): number {
  const own = costs.layers.filter((cost) => cost.layer === layer);
  const cost = own.find((each) => `${each.block}` === `${block}`);
  if (!cost) {
    const known = own.map((each) => each.block.join('x')).join(', ') || 'none';
    throw new RangeError(
      `latency: expected blocks of ${layer} that were measured (${known}), got ${block.join('x')}`,
    );
  }
  const { points } = cost;
  const above = points.findIndex((point) => point.density >= density);
  if (above === 0) return points[0].ms;
  if (above < 0) return points[points.length - 1].ms;
  const [a, b] = [points[above - 1], points[above]];
  return a.ms + ((density - a.density) / (b.density - a.density)) * (b.ms - a.ms);
}

/** ms of one inference: the sum over layers, and the rest; layers that `forms` leaves out are not counted. */
export function networkMs(costs: LayerCosts, forms: readonly LayerForm[]): number {
  const measured = new Set(costs.layers.map(({ layer }) => layer));
  const listed = forms.filter(({ layer }) => measured.has(layer));
  return listed.reduce((sum, form) => sum + layerMs(costs, form), costs.rest);
}
