import type { Graph } from '../../graph/index.js';

/** Reads a foreign model from a path or a web address; tfjs, which is slow to start, is loaded only now. */
export async function importForeign(path: string): Promise<Graph> {
  const { importModel } = await import('../../import/index.js');
  return importModel(path, { fetch });
}
