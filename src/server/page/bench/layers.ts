/** What the page draws of a `.lop`: its layers' masks and sizes. The reader of the format is fetched when first asked for. */
import type { LopModel, WeightStatistics } from '../../../format/index.js';

export interface Layer {
  /** Of the node; the runtime's profile names it so too. */
  name: string;
  op: string;
  shape: number[];
  block: [number, number];
  params: number;
  kept: number;
  /** On disk. */
  bytes: number;
  /** Outputs by all else, row-major: a weight's share of the largest one of its layer, -127..127; 0 is pruned. */
  rows: number;
  columns: number;
  values: Int8Array;
}

/** Roles that are no kernels. */
const BESIDE = new Set(['bias', 'scale']);

async function bytesOf({ url, bytes }: { url?: string; bytes?: Uint8Array }): Promise<Uint8Array> {
  if (bytes) return bytes;
  const response = await fetch(url!);
  if (!response.ok) throw new Error(`${url}: expected status 200, got ${response.status}; reload the page`);
  return new Uint8Array(await response.arrayBuffer());
}

function normalized(data: ArrayLike<number>): Int8Array {
  const values = Array.from(data);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  // rounded away from zero: what is kept stays seen
  return Int8Array.from(values, (value) => Math.sign(value) * Math.ceil((127 * Math.abs(value)) / largest));
}

function layersOf(model: LopModel, statistics: ReadonlyMap<string, WeightStatistics>): Layer[] {
  return model.nodes.flatMap((node) =>
    Object.entries(node.weights)
      .filter(([role, weight]) => !BESIDE.has(role) && model.weights.get(weight)!.shape.length > 1)
      .map(([, weight]) => {
        const { shape, block, data } = model.weights.get(weight)!;
        const { params, kept, bytes } = statistics.get(weight)!;
        const rows = shape[0];
        return {
          name: node.name,
          op: node.op,
          shape,
          block,
          params,
          kept,
          bytes,
          rows,
          columns: params / rows,
          values: normalized(data),
        };
      }),
  );
}

/** Layers with kernels, in the order in which they run. @throws LopError for a broken file */
export async function readLayers(source: { url?: string; bytes?: Uint8Array }): Promise<Layer[]> {
  const [{ lopStatistics, readLop }, file] = await Promise.all([
    import('../../../format/index.js'),
    bytesOf(source),
  ]);
  const { weights } = lopStatistics(file);
  return layersOf(readLop(file), new Map(weights.map((weight) => [weight.name, weight])));
}
