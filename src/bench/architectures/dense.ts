/** Networks of dense layers alone. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

/** A chain of dense layers with relu between them. */
function chain(input: number, units: readonly number[]): LopModel {
  const net = new Network([input]);
  for (const [i, width] of units.entries())
    net.dense(`fc${i + 1}`, width, i === units.length - 1 ? 'linear' : 'relu');
  return net.finish();
}

/** LeNet-300-100 (LeCun et al. 1998), the network of most pruning papers. */
export const lenet300100 = (): LopModel => chain(784, [300, 100, 10]);

/** MLPerf Tiny's anomaly detector (ToyADMOS): five frames of 128 mel bands in and out. */
export const adAutoencoder = (): LopModel => chain(640, [128, 128, 128, 128, 8, 128, 128, 128, 128, 640]);
