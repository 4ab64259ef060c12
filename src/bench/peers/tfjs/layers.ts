/** Layers-models from disk. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { readBack } from './executor.js';
import type { Predictor } from './peer.js';

/** Reads topology and all shards. */
function fileHandler(path: string): io.IOHandler {
  return {
    load: async () => {
      const json = JSON.parse(await readFile(path, 'utf8')) as io.ModelJSON;
      const shards = json.weightsManifest.flatMap((group) => group.paths);
      const files = await Promise.all(shards.map((shard) => readFile(join(dirname(path), shard))));
      const weightData = new Uint8Array(Buffer.concat(files)).buffer;
      const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
      return { modelTopology: json.modelTopology, weightSpecs, weightData };
    },
  };
}

/** `loadLayersModel`; a prediction makes a tensor, predicts and reads the result back. */
export async function loadLayers(path: string): Promise<Predictor> {
  const [core, layers] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  const net = await layers.loadLayersModel(fileHandler(path));
  const shape = net.inputs[0].shape.slice(1) as number[];
  return {
    run: (input, batch) =>
      readBack(
        core.tidy(() => {
          const predicted = net.predict(core.tensor(input, [batch, ...shape]));
          return Array.isArray(predicted) ? predicted[0] : predicted;
        }),
      ),
    dispose: () => net.dispose(),
  };
}
