/** A model and a data set by their paths: what threads and other machines open for themselves. */
import { createHash } from 'node:crypto';
import type { TrialBench } from '../../compress/search/index.js';
import type { Graph } from '../../graph/index.js';
import type { Preprocessing } from '../../preprocess/index.js';
import type { Dataset, Split } from '../../train/index.js';
import { openData } from '../support/data.js';
import { runtimeEvaluator } from '../support/evaluate.js';
import { importForeign, type ForeignOptions } from '../support/import-foreign.js';
import { preprocessingOf } from '../support/preprocessing.js';

/** JSON, so that it goes to threads and machines. */
export interface SiteOptions {
  /** Path of a foreign model. */
  model: string;
  foreign?: ForeignOptions;
  /** Name or folder of a labelled set. */
  data: string;
  /** Absent: as the model says, else the set. */
  preprocessing?: Preprocessing;
}

export interface Site {
  graph: Graph;
  data: Dataset;
  /** What the model or the caller says. */
  preprocessing?: Preprocessing;
  /** SHA-256 of version, model and data: trials of equal sites are equal. */
  identity: string;
  bench(): Promise<TrialBench>;
}

export async function openSite(options: SiteOptions, signal?: AbortSignal): Promise<Site> {
  const graph = await importForeign(options.model, options.foreign);
  const preprocessing = options.preprocessing ?? (await preprocessingOf(graph.metadata));
  const { shape: inputShape } = graph.tensors.get(graph.inputs[0])!;
  const data = await openData(options.data, { preprocessing, inputShape, signal });
  const [{ graphHash }, { version }] = await Promise.all([
    import('../../compress/checkpoint.js'),
    import('../../compress/metadata.js'),
  ]);
  const identity = createHash('sha256')
    .update(JSON.stringify([version(), graphHash(graph), await dataHash(data), preprocessing]))
    .digest('hex');
  return {
    graph,
    data,
    preprocessing,
    identity,
    bench: async () => {
      const { TrialBench } = await import('../../compress/search/index.js');
      return new TrialBench(graph, data, runtimeEvaluator);
    },
  };
}

/** Samples of a set on disk that are hashed: reading all of them would decode every picture. */
const HASHED_SAMPLES = 64;

/** SHA-256 of the training samples and their classes; of samples that stay on disk, of the first 64, all classes, and their number. */
export async function dataHash({ name, inputShape, classes, train }: Dataset): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([name, inputShape, classes, train.count]));
  hash.update(bytesOf(await valuesToHash(train)));
  if (train.y) hash.update(bytesOf(Int32Array.from(train.y)));
  return hash.digest('hex');
}

async function valuesToHash({ x, count }: Split): Promise<ArrayBufferView> {
  if (ArrayBuffer.isView(x)) return x;
  return x.read(Uint32Array.from({ length: Math.min(HASHED_SAMPLES, count) }, (_, i) => i));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
