import type { Graph } from '../../graph/index.js';
import type { ImportOptions } from '../../import/index.js';

export type ForeignOptions = Omit<ImportOptions, 'fetch'>;

/** Reads a foreign model from a path or a web address; tfjs, which is slow to start, is loaded only now. */
export async function importForeign(path: string, options: ForeignOptions = {}): Promise<Graph> {
  const { importModel } = await import('../../import/index.js');
  return importModel(path, { ...options, fetch });
}
