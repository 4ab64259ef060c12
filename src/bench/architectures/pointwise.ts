/** One 1x1 convolution: the plain layer that kernels are compared on. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

export interface PointwiseOptions {
  /** Rows and columns. */
  side: number;
  /** Input and output channels. */
  channels: number;
}

export function pointwise({ side, channels }: PointwiseOptions): LopModel {
  const net = new Network([side, side, channels]);
  net.conv('pointwise', channels, { size: 1, activation: 'relu' });
  return net.finish();
}
