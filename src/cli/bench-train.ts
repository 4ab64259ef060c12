/**
 * Milliseconds of one training step (forward, gradients, Adam), batch 64, on the backend that `selectBackend` picks.
 * `npm run bench:train -- [--json] [--steps N]`
 */
import { parseArgs } from 'node:util';
import {
  add,
  avgPool,
  conv2d,
  depthwiseConv2d,
  dispose,
  losses,
  matMul,
  maxPool,
  memory,
  oneHot,
  randomNormal,
  relu,
  reshape,
  tensor1d,
  tidy,
  train,
  variable,
  zeros,
  ones,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { selectBackend } from '../train/backend.js';
import { batchNormTraining } from '../train/kernels/batch-norm.js';

const BATCH = 64;

type Net = (x: Tensor4D, p: Parameters) => Tensor2D;

/** Variables, made on the first step and handed out in the same order on every later one. */
class Parameters {
  readonly #all: Variable[] = [];
  #next = 0;

  restart(): void {
    this.#next = 0;
  }

  weights<T extends Tensor>(shape: number[], fanIn: number): T {
    return this.#get(() => randomNormal(shape, 0, Math.sqrt(2 / fanIn)));
  }

  zeros(size: number): Tensor1D {
    return this.#get(() => zeros([size]));
  }

  ones(size: number): Tensor1D {
    return this.#get(() => ones([size]));
  }

  #get<T extends Tensor>(make: () => Tensor): T {
    if (this.#next === this.#all.length) this.#all.push(variable(make()));
    return this.#all[this.#next++] as unknown as T;
  }

  dispose(): void {
    dispose(this.#all);
  }
}

function dense(x: Tensor2D, units: number, p: Parameters): Tensor2D {
  const inputs = x.shape[1];
  return add(matMul(x, p.weights<Tensor2D>([inputs, units], inputs)), p.zeros(units));
}

interface ConvOptions {
  kernel: [number, number];
  filters: number;
  stride?: number;
  pad?: 'same' | 'valid';
}

function conv(
  x: Tensor4D,
  { kernel, filters, stride = 1, pad = 'same' }: ConvOptions,
  p: Parameters,
): Tensor4D {
  const channels = x.shape[3];
  const w = p.weights<Tensor4D>([...kernel, channels, filters], kernel[0] * kernel[1] * channels);
  return add(conv2d(x, w, stride, pad), p.zeros(filters));
}

function norm(x: Tensor4D, p: Parameters): Tensor4D {
  const channels = x.shape[3];
  return batchNormTraining(x, p.ones(channels), p.zeros(channels), 1e-3).y as Tensor4D;
}

function depthwise(x: Tensor4D, p: Parameters): Tensor4D {
  const channels = x.shape[3];
  return add(depthwiseConv2d(x, p.weights<Tensor4D>([3, 3, channels, 1], 9), 1, 'same'), p.zeros(channels));
}

function flatten(x: Tensor4D): Tensor2D {
  return reshape(x, [x.shape[0], -1]);
}

const lenet300: Net = (x, p) => dense(relu(dense(relu(dense(flatten(x), 300, p)), 100, p)), 10, p);

function lenet(filters: [number, number], hidden: number[], pad: 'same' | 'valid'): Net {
  return (x, p) => {
    const first = maxPool(relu(conv(x, { kernel: [5, 5], filters: filters[0], pad }, p)), 2, 2, 'valid');
    const second = maxPool(
      relu(conv(first, { kernel: [5, 5], filters: filters[1], pad: 'valid' }, p)),
      2,
      2,
      'valid',
    );
    let y = flatten(second);
    for (const units of hidden) y = relu(dense(y, units, p));
    return dense(y, 10, p);
  };
}

const dscnn: Net = (x, p) => {
  let y: Tensor4D = relu(norm(conv(x, { kernel: [10, 4], filters: 64, stride: 2 }, p), p));
  for (let block = 0; block < 4; block++) {
    y = relu(norm(depthwise(y, p), p));
    y = relu(norm(conv(y, { kernel: [1, 1], filters: 64 }, p), p));
  }
  return dense(flatten(avgPool(y, [25, 5], 1, 'valid')), 12, p);
};

const resnet8: Net = (x, p) => {
  let y: Tensor4D = relu(norm(conv(x, { kernel: [3, 3], filters: 16 }, p), p));
  for (const [filters, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ]) {
    const inner: Tensor4D = relu(norm(conv(y, { kernel: [3, 3], filters, stride }, p), p));
    const branch = norm(conv(inner, { kernel: [3, 3], filters }, p), p);
    const shortcut = stride === 1 ? y : conv(y, { kernel: [1, 1], filters, stride }, p);
    y = relu(add<Tensor4D>(branch, shortcut));
  }
  return dense(flatten(avgPool(y, 8, 1, 'valid')), 10, p);
};

interface Case {
  name: string;
  net: Net;
  input: [number, number, number];
  classes: number;
}

const CASES: Case[] = [
  { name: 'lenet-300-100', net: lenet300, input: [28, 28, 1], classes: 10 },
  { name: 'lenet-5 (LeCun 1998)', net: lenet([6, 16], [120, 84], 'same'), input: [28, 28, 1], classes: 10 },
  { name: 'lenet-5 (Caffe)', net: lenet([20, 50], [500], 'valid'), input: [28, 28, 1], classes: 10 },
  { name: 'ds-cnn', net: dscnn, input: [49, 10, 1], classes: 12 },
  { name: 'resnet-8', net: resnet8, input: [32, 32, 3], classes: 10 },
];

interface Result {
  network: string;
  median_ms: number;
  min_ms: number;
  steps: number;
  tensors: number;
}

function measure({ name, net, input, classes }: Case, steps: number): Result {
  const p = new Parameters();
  const optimizer = train.adam(1e-3);
  const x = randomNormal([BATCH, ...input]) as Tensor4D;
  const labels = oneHot(
    tensor1d(
      Array.from({ length: BATCH }, (_, i) => i % classes),
      'int32',
    ),
    classes,
  );
  tidy(() => net(x, p)); // makes the variables
  const step = (): void => {
    optimizer.minimize(() => {
      p.restart();
      return losses.softmaxCrossEntropy(labels, net(x, p)) as Scalar;
    });
  };
  for (let i = 0; i < 3; i++) step();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const tensors = memory().numTensors;
  p.dispose();
  optimizer.dispose();
  dispose([x, labels]);
  return { network: name, median_ms: times[steps >> 1], min_ms: times[0], steps, tensors };
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, steps: { type: 'string', default: '15' } },
});
const backend = await selectBackend();
const results = CASES.map((entry) => measure(entry, Number(values.steps)));
if (values.json) {
  console.log(JSON.stringify({ backend: backend.name, batch: BATCH, results }));
} else {
  console.log(`backend ${backend.name}, batch ${BATCH}, Adam; median ms a step`);
  for (const { network, median_ms, min_ms } of results) {
    console.log(`${network.padEnd(24)} ${median_ms.toFixed(1).padStart(8)}  (min ${min_ms.toFixed(1)})`);
  }
}
