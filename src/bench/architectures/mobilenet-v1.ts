/** MobileNetV1 (Howard et al. 2017, arXiv:1704.04861, table 1), as Keras builds it: SAME padding, relu6. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

/** Stride of the depthwise 3x3 and filters (at width 1) of the 1x1 that follows it. */
const BLOCKS: readonly [stride: number, filters: number][] = [
  [1, 64],
  [2, 128],
  [1, 128],
  [2, 256],
  [1, 256],
  [2, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [2, 1024],
  [1, 1024],
];

export interface MobileNetV1Options {
  /** Width multiplier. */
  alpha: number;
  /** Input rows and columns, 3 channels. */
  side: number;
  classes: number;
}

export function mobilenetV1({ alpha, side, classes }: MobileNetV1Options): LopModel {
  const net = new Network([side, side, 3]);
  const width = (filters: number): number => Math.floor(filters * alpha);
  net.conv('conv', width(32), { size: 3, stride: 2, activation: 'relu6' });
  for (const [i, [stride, filters]] of BLOCKS.entries()) {
    net.depthwise(`dw${i + 1}`, { size: 3, stride, activation: 'relu6' });
    net.conv(`pw${i + 1}`, width(filters), { size: 1, activation: 'relu6' });
  }
  net.globalAveragePool('pool');
  net.dense('scores', classes);
  return net.finish();
}
