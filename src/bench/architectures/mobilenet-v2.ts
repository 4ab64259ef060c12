/** MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, table 2) at width 1: inverted residuals, linear bottlenecks. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

/** Expansion, filters, repetitions, stride of the first one. */
const STAGES: readonly [expansion: number, filters: number, count: number, stride: number][] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

function invertedResidual(
  net: Network,
  name: string,
  filters: number,
  stride: number,
  expansion: number,
): void {
  const input = net.last;
  const channels = net.shape(input)[2];
  if (expansion > 1) net.conv(`${name}/expand`, expansion * channels, { size: 1, activation: 'relu6' });
  net.depthwise(`${name}/dw`, { size: 3, stride, activation: 'relu6' });
  const projected = net.conv(`${name}/project`, filters, { size: 1 });
  if (stride === 1 && channels === filters) net.add(`${name}/add`, input, projected);
}

export function mobilenetV2(side: number, classes: number): LopModel {
  const net = new Network([side, side, 3]);
  net.conv('conv', 32, { size: 3, stride: 2, activation: 'relu6' });
  let block = 0;
  for (const [expansion, filters, count, stride] of STAGES)
    for (let i = 0; i < count; i++)
      invertedResidual(net, `block${++block}`, filters, i === 0 ? stride : 1, expansion);
  net.conv('conv_last', 1280, { size: 1, activation: 'relu6' });
  net.globalAveragePool('pool');
  net.dense('scores', classes);
  return net.finish();
}
