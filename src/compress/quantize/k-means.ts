/** How the clusters start: Han et al. 2016 compare the first two, Arthur and Vassilvitskii 2007 propose the third. */
export type Initialization = 'linear' | 'density' | 'k-means++';

export interface KMeansOptions {
  /** Clusters, at most: fewer where there are fewer different values. */
  k: number;
  /** Default linear. */
  initialization?: Initialization;
  /** Of k-means++, numbers in [0, 1). */
  random?: () => number;
  /**
   * What a bit of a value's index costs, as a squared distance (Chou et al. 1989, "entropy-constrained vector quantization").
   * Default 0.
   */
  rate?: number;
  /** Default 100. */
  rounds?: number;
}

/** Positive `weight` for each of ascending `values`. */
export interface Sample {
  values: Float64Array;
  weights: Float64Array;
}

/** Clusters of the line: cluster i reaches from `edges[i - 1]` to `edges[i]`. */
export interface Clusters {
  /** Ascending. */
  centres: Float64Array;
  /** One less than centres, ascending. */
  edges: Float64Array;
}

/**
 * Clusters of numbers with the least weighted squared distance to their means, by Lloyd's rounds: assign each value to the nearest
 * centre, move the centre to the mean of its own, until nothing moves. On a line clusters are runs of the sorted values, so a
 * round takes `k log n` steps with sums up to each value.
 */
export function kMeans(sample: Sample, options: KMeansOptions): Clusters {
  const { values } = sample;
  const sums = new Sums(sample);
  const { initialization = 'linear', rate = 0, rounds = 100 } = options;
  let centres = distinct(INITIALIZATIONS[initialization](sample, sums, options));
  let clusters = priced(centres, new Float64Array(centres.length));
  for (let round = 0; round < rounds; round++) {
    const runs = runsOf(values, clusters.edges);
    centres = Float64Array.from(runs, ([from, to]) => sums.mean(from, to));
    const bits = Float64Array.from(runs, ([from, to]) => -Math.log2((to - from) / values.length));
    const next = priced(
      centres,
      bits.map((each) => rate * each),
    );
    const moved =
      next.edges.length !== clusters.edges.length || next.edges.some((e, i) => e !== clusters.edges[i]);
    clusters = next;
    if (!moved) break;
  }
  return clusters;
}

/** Number of the cluster that holds `value`; the lower one on an edge. */
export function clusterOf({ edges }: Clusters, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where `(x - c)^2 + price` of one centre is below all others'; a centre that is nowhere cheapest is gone. */
function priced(centres: Float64Array, prices: Float64Array): Clusters {
  const kept: number[] = [];
  const edges: number[] = [];
  centres.forEach((c, i) => {
    const edgeTo = (other: number): number =>
      (c + centres[other]) / 2 + (prices[i] - prices[other]) / (2 * (c - centres[other]));
    while (edges.length > 0 && edgeTo(kept[kept.length - 1]) <= edges[edges.length - 1]) {
      kept.pop();
      edges.pop();
    }
    if (kept.length > 0) edges.push(edgeTo(kept[kept.length - 1]));
    kept.push(i);
  });
  return { centres: Float64Array.from(kept, (i) => centres[i]), edges: Float64Array.from(edges) };
}

/** First and past last of the sorted values in each cluster that has any. */
function runsOf(values: Float64Array, edges: Float64Array): [from: number, to: number][] {
  const bounds = [0, ...Array.from(edges, (edge) => firstAbove(values, edge)), values.length];
  const runs = bounds.slice(1).map((to, i): [number, number] => [bounds[i], to]);
  return runs.filter(([from, to]) => to > from);
}

const INITIALIZATIONS: Record<
  Initialization,
  (sample: Sample, sums: Sums, options: KMeansOptions) => number[]
> = {
  /** Evenly from the least to the greatest value: rare, large weights, which matter most, have centres too. */
  linear: ({ values }, _sums, { k }) => {
    const [least, greatest] = [values[0], values[values.length - 1]];
    return Array.from({ length: k }, (_, i) =>
      k === 1 ? (least + greatest) / 2 : least + ((greatest - least) * i) / (k - 1),
    );
  },
  /** Evenly in the cumulated distribution. */
  density: ({ values }, sums, { k }) =>
    Array.from({ length: k }, (_, i) => values[sums.indexAt(((i + 0.5) / k) * sums.total)]),
  /** Each one drawn with a chance in proportion to the squared distance from the nearest so far. */
  'k-means++': ({ values, weights }, sums, { k, random = () => 0.5 }) => {
    const centres = [values[sums.indexAt(random() * sums.total)]];
    const distances = values.map((v, i) => weights[i] * (v - centres[0]) ** 2);
    while (centres.length < k) {
      const centre = values[draw(distances, random())];
      centres.push(centre);
      values.forEach((v, i) => (distances[i] = Math.min(distances[i], weights[i] * (v - centre) ** 2)));
    }
    return centres;
  },
};

function draw(chances: Float64Array, at: number): number {
  let left = at * chances.reduce((sum, chance) => sum + chance, 0);
  for (let i = 0; i < chances.length; i++) if ((left -= chances[i]) < 0) return i;
  return chances.length - 1;
}

/** Weights, and weights times values, up to each value. */
class Sums {
  readonly #weights: Float64Array;
  readonly #products: Float64Array;

  constructor({ values, weights }: Sample) {
    this.#weights = new Float64Array(values.length + 1);
    this.#products = new Float64Array(values.length + 1);
    values.forEach((value, i) => {
      this.#weights[i + 1] = this.#weights[i] + weights[i];
      this.#products[i + 1] = this.#products[i] + weights[i] * value;
    });
  }

  get total(): number {
    return this.#weights[this.#weights.length - 1];
  }

  mean(from: number, to: number): number {
    return (this.#products[to] - this.#products[from]) / (this.#weights[to] - this.#weights[from]);
  }

  /** The value at which the weights' sum passes `part`. */
  indexAt(part: number): number {
    return Math.min(this.#weights.length - 2, firstAbove(this.#weights.subarray(1), part));
  }
}

/** Index of the first of ascending numbers that is greater than `limit`; their count where none is. */
function firstAbove(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

function distinct(centres: number[]): Float64Array {
  return Float64Array.from(new Set(centres)).sort();
}
