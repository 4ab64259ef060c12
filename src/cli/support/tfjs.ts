import type { Graph } from '../../graph/index.js';

/** Reads a foreign model; tfjs, which decodes its weights, is told not to advertise its native package on the way. */
export async function importQuietly(path: string): Promise<Graph> {
  const { env } = await import('@tensorflow/tfjs-core');
  env().set('PROD', true);
  const { importModel } = await import('../../import/index.js');
  return importModel(path, { fetch });
}
