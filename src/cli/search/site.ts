/** A model and a data set by their paths: what threads and other machines open for themselves. */
import { createHash } from 'node:crypto';
import type { TrialBench } from '../../compress/search/index.js';
import type { Graph } from '../../graph/index.js';
import type { Preprocessing } from '../../preprocess/index.js';
import type { Dataset } from '../../train/index.js';
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
  const [{ graphHash }, { version }, { dataHash }] = await Promise.all([
    import('../../compress/checkpoint.js'),
    import('../../compress/metadata.js'),
    import('../../train/data/index.js'),
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
