/** ResNets (He et al. 2016, arXiv:1512.03385): the small one of MLPerf Tiny and the large one that benchmarks use. */
import type { LopModel } from '../../format/index.js';
import { Network } from './network.js';

/** ResNet-8 for CIFAR-10, MLPerf Tiny v1.0 (image classification): three stages of one block, SAME padding. */
export function resnet8(): LopModel {
  const net = new Network([32, 32, 3]);
  net.conv('conv', 16, { size: 3, activation: 'relu' });
  for (const [i, filters] of [16, 32, 64].entries())
    basicBlock(net, `block${i + 1}`, filters, i === 0 ? 1 : 2);
  net.globalAveragePool('pool');
  net.dense('scores', 10);
  return net.finish();
}

function basicBlock(net: Network, name: string, filters: number, stride: number): void {
  const input = net.last;
  net.conv(`${name}/conv1`, filters, { size: 3, stride, activation: 'relu' });
  const branch = net.conv(`${name}/conv2`, filters, { size: 3 });
  const shortcut = stride === 1 ? input : net.conv(`${name}/shortcut`, filters, { size: 1, stride }, input);
  net.add(`${name}/add`, shortcut, branch, 'relu');
}

/** Blocks, inner filters and stride of each stage; four times as many filters come out. */
const STAGES: readonly [blocks: number, filters: number, stride: number][] = [
  [3, 64, 1],
  [4, 128, 2],
  [6, 256, 2],
  [3, 512, 2],
];

/** ResNet-50 v1.5 as torchvision and MLPerf have it: the stride is in the 3x3, pads are symmetric. */
export function resnet50(side: number, classes: number): LopModel {
  const net = new Network([side, side, 3]);
  net.conv('conv', 64, { size: 7, stride: 2, padding: [3, 3, 3, 3], activation: 'relu' });
  net.maxPool('maxpool', { size: 3, stride: 2, padding: [1, 1, 1, 1] });
  for (const [stage, [blocks, filters, stride]] of STAGES.entries())
    for (let i = 0; i < blocks; i++)
      bottleneck(net, `stage${stage + 1}.${i + 1}`, filters, i === 0 ? stride : 1);
  net.globalAveragePool('pool');
  net.dense('scores', classes);
  return net.finish();
}

function bottleneck(net: Network, name: string, filters: number, stride: number): void {
  const input = net.last;
  const wide = 4 * filters;
  net.conv(`${name}/reduce`, filters, { size: 1, activation: 'relu' });
  net.conv(`${name}/conv`, filters, { size: 3, stride, padding: [1, 1, 1, 1], activation: 'relu' });
  const branch = net.conv(`${name}/expand`, wide, { size: 1 });
  const keeps = stride === 1 && net.shape(input)[2] === wide;
  const shortcut = keeps
    ? input
    : net.conv(`${name}/shortcut`, wide, { size: 1, stride, padding: 'valid' }, input);
  net.add(`${name}/add`, shortcut, branch, 'relu');
}
