/** DS-CNN for keyword spotting (Zhang et al. 2017, arXiv:1711.07128), as MLPerf Tiny has it: 49 frames of 10 MFCCs. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

export function dsCnn(): LopModel {
  const net = new Network([49, 10, 1]);
  net.conv('conv', 64, { size: [10, 4], stride: 2, activation: 'relu' });
  for (let i = 1; i <= 4; i++) {
    net.depthwise(`dw${i}`, { size: 3, activation: 'relu' });
    net.conv(`pw${i}`, 64, { size: 1, activation: 'relu' });
  }
  net.globalAveragePool('pool');
  net.dense('scores', 12);
  return net.finish();
}
