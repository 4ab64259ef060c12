/** Times layers on the runtime of this machine: a cost model for searches and recipes by latency. */
import { profileNodes } from '../../bench/profile.js';
import type { LayerCosts } from '../../compress/cost.js';
import type { Graph } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';

/** Densities that are timed; a kernel's time is affine in its kept blocks but for the sparsest. */
const DENSITIES = [0.03, 0.1, 0.25, 0.5, 1] as const;
/** Samples that calibrate: what the activations are does not change the time. */
const SAMPLES = 8;

export interface LayerCostOptions {
  data: Dataset;
  /** Those that may be chosen. */
  blocks: readonly (readonly [number, number])[];
  /** What activations and weights become: the recipe's. */
  quantize?: unknown;
  preprocessing?: unknown;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

interface Timed {
  block: readonly [number, number];
  /** By layer. */
  layers: { layer: string; density: number; ms: number }[];
  rest: number;
}

/** Costs of each layer that can be pruned, at several densities for each block: files with all layers pruned alike, timed node by node. */
export async function measureLayerCosts(graph: Graph, options: LayerCostOptions): Promise<LayerCosts> {
  const total = options.blocks.length * DENSITIES.length;
  const timed: Timed[] = [];
  for (const block of options.blocks)
    for (const density of DENSITIES) {
      options.signal?.throwIfAborted();
      timed.push(await timeLayers(graph, block, density, options));
      options.onProgress?.(timed.length, total);
    }
  const names = timed[0].layers.map(({ layer }) => layer);
  const layers = options.blocks.flatMap((block) =>
    names.map((layer) => ({ layer, block, points: pointsOf(timed, layer, block) })),
  );
  return { rest: Math.min(...timed.map(({ rest }) => rest)), layers };
}

/** By ascending density; what is denser does not cost less, but for noise. */
function pointsOf(
  timed: readonly Timed[],
  layer: string,
  block: readonly [number, number],
): { density: number; ms: number }[] {
  const points = timed
    .filter((each) => each.block === block)
    .map(({ layers }) => layers.find((each) => each.layer === layer)!)
    .sort((a, b) => a.density - b.density);
  let most = 0;
  return points.map(({ density, ms }) => ({ density, ms: (most = Math.max(most, ms)) }));
}

async function timeLayers(
  graph: Graph,
  block: readonly [number, number],
  density: number,
  { data, quantize, preprocessing }: LayerCostOptions,
): Promise<Timed> {
  const { compress } = await import('../../compress/index.js');
  const { formsOf, pickSamples } = await import('../../compress/search/index.js');
  const { load } = await import('../../runtime/node.js');
  const { readLop } = await import('../../format/index.js');
  const few = pickSamples(
    data.train,
    Uint32Array.from({ length: Math.min(SAMPLES, data.train.count) }, (_, i) => i),
  );
  const recipe = {
    preprocessing,
    prune: density < 1 ? { block, sparsity: 1 - density } : undefined,
    quantize: quantize && { activations: { samples: SAMPLES } },
  };
  const { bytes } = await compress(graph, recipe, {
    data: { ...data, train: few, test: few },
    measureOriginal: false,
    evaluateFile: async () => ({ accuracy: NaN, top5: NaN, count: 0 }),
  });
  const file = readLop(bytes);
  const forms = formsOf(file as Graph);
  const model = await load(bytes);
  try {
    model.run(new Float32Array(model.inputs[0].shape.reduce((a, b) => a * b, 1)));
    const nodes = profileNodes((runs) => model.profile(runs), file, 1);
    const msOf = new Map(nodes.map(({ name, ms }) => [name, ms]));
    const layers = forms.map(({ layer, density: kept }) => ({ layer, density: kept, ms: msOf.get(layer)! }));
    const listed = new Set(forms.map(({ layer }) => layer));
    const rest = nodes.filter(({ name }) => !listed.has(name)).reduce((sum, { ms }) => sum + ms, 0);
    return { block, layers, rest };
  } finally {
    model.dispose();
  }
}
