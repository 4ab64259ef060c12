import t, { type Test } from 'tap';
import {
  backend_util,
  conv2d,
  depthwiseConv2d,
  grads,
  tensor,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { random, type Random } from '../../helpers/random.js';
import { checkSums, magnitudes, normals, onBackend, runOn, startWasm, type Values } from './compare.js';

type Four = [number, number, number, number];

interface Case {
  input: Four;
  filter: Four;
  strides: [number, number];
  dilations: [number, number];
  pad: 'same' | 'valid' | [[number, number], [number, number], [number, number], [number, number]];
  depthwise: boolean;
}

/** A random convolution whose output is not empty. Stride and dilation never both exceed 1: tfjs refuses that. */
function randomCase(r: Random, depthwise: boolean): Case {
  for (;;) {
    const channels = r.pick([1, 2, 3, 4, 5, 7, 8, 9]);
    const outputs = depthwise ? r.pick([1, 1, 2, 3]) : r.pick([1, 2, 4, 5, 8, 11, 16, 18]);
    const dilated = r.next() < 0.25;
    const upTo = (most: number): [number, number] => [r.int(1, most), r.int(1, most)];
    const edge = (): [number, number] => [r.int(0, 3), r.int(0, 3)];
    const one: Case = {
      input: [r.int(1, 3), r.int(1, 11), r.int(1, 11), channels],
      filter: [r.int(1, 5), r.int(1, 5), channels, outputs],
      strides: dilated ? [1, 1] : upTo(3),
      dilations: dilated ? upTo(3) : [1, 1],
      pad: r.pick(['same', 'valid', [[0, 0], edge(), edge(), [0, 0]]] as Case['pad'][]),
      depthwise,
    };
    const { outHeight, outWidth } = infoOf(one);
    if (outHeight > 0 && outWidth > 0) return one;
  }
}

function infoOf({ input, filter, strides, dilations, pad, depthwise }: Case): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, undefined, depthwise);
}

interface Gradients {
  output: Values;
  input: Values;
  filter: Values;
}

/** Output and gradients by their definition, in double precision: each product of the forward pass, visited once. */
function plainGradients(one: Case, x: Values, filter: Values, dy: Values): Gradients {
  const info = infoOf(one);
  const [, height, width, channels] = one.input;
  const [, taps, , outputs] = one.filter;
  const dx = new Float64Array(x.data.length);
  const dw = new Float64Array(filter.data.length);
  const out = new Float64Array(dy.data.length);
  let at = 0;
  for (let b = 0; b < info.batchSize; b++)
    for (let y = 0; y < info.outHeight; y++)
      for (let z = 0; z < info.outWidth; z++)
        for (let o = 0; o < info.outChannels; o++, at++)
          for (let i = 0; i < info.filterHeight; i++)
            for (let j = 0; j < info.filterWidth; j++) {
              const u = y * info.strideHeight + i * info.dilationHeight - info.padInfo.top;
              const v = z * info.strideWidth + j * info.dilationWidth - info.padInfo.left;
              if (u < 0 || u >= height || v < 0 || v >= width) continue;
              const [first, last] = one.depthwise
                ? [Math.floor(o / outputs), Math.floor(o / outputs)]
                : [0, channels - 1];
              for (let c = first; c <= last; c++) {
                const p = ((b * height + u) * width + v) * channels + c;
                const q = ((i * taps + j) * channels + c) * outputs + (one.depthwise ? o % outputs : o);
                out[at] += x.data[p] * filter.data[q];
                dx[p] += dy.data[at] * filter.data[q];
                dw[q] += dy.data[at] * x.data[p];
              }
            }
  const output = { shape: dy.shape, data: out };
  return { output, input: { shape: x.shape, data: dx }, filter: { shape: filter.shape, data: dw } };
}

const KERNELS = {
  full: { output: 'Conv2D', input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' },
  depthwise: {
    output: 'DepthwiseConv2dNative',
    input: 'DepthwiseConv2dNativeBackpropInput',
    filter: 'DepthwiseConv2dNativeBackpropFilter',
  },
};

async function gradientsOn(
  name: 'cpu' | 'wasm',
  one: Case,
  x: Values,
  filter: Values,
  dy: Values,
): Promise<Gradients> {
  const kernels = one.depthwise ? KERNELS.depthwise : KERNELS.full;
  const { strides, dilations, pad } = one;
  const attrs = { strides, dilations, pad, dataFormat: 'NHWC' };
  return {
    output: await runOn(name, kernels.output, { x, filter }, attrs),
    input: await runOn(name, kernels.input, { dy, filter }, { ...attrs, inputShape: one.input }),
    filter: await runOn(name, kernels.filter, { x, dy }, { ...attrs, filterShape: one.filter }),
  };
}

async function check(t: Test, one: Case, r: Random): Promise<void> {
  const info = infoOf(one);
  const [x, filter, dy] = [one.input, one.filter, info.outShape].map((shape) => normals(r, shape));
  const dilated = Math.max(...one.dilations) > 1;
  // tfjs' cpu kernels ignore dilation, so the definition stands in for them there.
  const want = dilated ? plainGradients(one, x, filter, dy) : await gradientsOn('cpu', one, x, filter, dy);
  const magnitude = plainGradients(one, magnitudes(x), magnitudes(filter), magnitudes(dy));
  const got = await gradientsOn('wasm', one, x, filter, dy);
  const label = JSON.stringify(one);
  const termsOfInput =
    info.filterHeight * info.filterWidth * (one.depthwise ? one.filter[3] : info.outChannels);
  const termsOfFilter = info.batchSize * info.outHeight * info.outWidth;
  const termsOfOutput = info.filterHeight * info.filterWidth * (one.depthwise ? 1 : info.inChannels);
  checkSums(t, `output ${label}`, got.output, want.output, magnitude.output, termsOfOutput + 1);
  checkSums(t, `input gradient ${label}`, got.input, want.input, magnitude.input, termsOfInput + 1);
  checkSums(t, `filter gradient ${label}`, got.filter, want.filter, magnitude.filter, termsOfFilter + 1);
}

t.before(startWasm);

for (const depthwise of [false, true]) {
  t.test(`gradients of random ${depthwise ? 'depthwise ' : ''}convolutions`, async (t) => {
    const r = random();
    for (let i = 0; i < 60; i++) await check(t, randomCase(r, depthwise), r);
  });
}

t.test('gradients at the edge shapes', async (t) => {
  const r = random();
  const plain = { strides: [1, 1], dilations: [1, 1], pad: 'valid', depthwise: false } as const;
  const cases: Record<string, Partial<Case> & Pick<Case, 'input' | 'filter'>> = {
    'one pixel, one channel': { input: [1, 1, 1, 1], filter: [1, 1, 1, 1] },
    '1x1': { input: [2, 7, 9, 8], filter: [1, 1, 8, 16] },
    '1x1, more pixels than a block': { input: [2, 13, 11, 4], filter: [1, 1, 4, 8] },
    '1x1 of stride 2': { input: [2, 8, 8, 4], filter: [1, 1, 4, 8], strides: [2, 2], pad: 'same' },
    'rows wider than a block': { input: [1, 3, 150, 1], filter: [3, 3, 1, 4], pad: 'same' },
    'filter of the size of the image': { input: [2, 5, 6, 3], filter: [5, 6, 3, 10] },
    'stride beyond the filter': { input: [1, 11, 11, 3], filter: [2, 2, 3, 5], strides: [3, 3] },
    'rows that no output reads': { input: [1, 8, 8, 4], filter: [3, 3, 4, 8], strides: [3, 3] },
    'padding beyond the filter': {
      input: [1, 3, 3, 2],
      filter: [2, 2, 2, 3],
      pad: [
        [0, 0],
        [4, 3],
        [3, 4],
        [0, 0],
      ],
    },
    'first layer of DS-CNN': { input: [1, 49, 10, 1], filter: [10, 4, 1, 8], strides: [2, 2], pad: 'same' },
  };
  for (const [name, one] of Object.entries(cases)) {
    await t.test(name, (t) =>
      check(t, { ...plain, ...one, strides: one.strides ?? [1, 1], dilations: [1, 1] }, r),
    );
  }
});

t.test('the plain loops agree with the cpu backend', async (t) => {
  const r = random();
  for (const depthwise of [false, true]) {
    for (let i = 0; i < 10; i++) {
      const one: Case = { ...randomCase(r, depthwise), dilations: [1, 1] };
      const { outShape, outHeight, outWidth } = infoOf(one);
      if (outHeight < 1 || outWidth < 1) continue;
      const [x, filter, dy] = [one.input, one.filter, outShape].map((shape) => normals(r, shape));
      const plain = plainGradients(one, x, filter, dy);
      const cpu = await gradientsOn('cpu', one, x, filter, dy);
      const magnitude = plainGradients(one, magnitudes(x), magnitudes(filter), magnitudes(dy));
      checkSums(t, 'input', cpu.input, plain.input, magnitude.input, 1);
      checkSums(t, 'filter', cpu.filter, plain.filter, magnitude.filter, 1);
    }
  }
});

const asTensor = ({ data, shape }: Values): Tensor => tensor(data as Float32Array, shape);

t.test('the tape differentiates dilated convolutions', async (t) => {
  const r = random();
  for (const depthwise of [false, true]) {
    const filterShape: Four = depthwise ? [3, 2, 4, 1] : [3, 2, 4, 5];
    const one: Case = {
      input: [2, 9, 8, 4],
      filter: filterShape,
      strides: [1, 1],
      dilations: [2, 3],
      pad: 'same',
      depthwise,
    };
    const [x, filter, dy] = [one.input, one.filter, infoOf(one).outShape].map((shape) => normals(r, shape));
    const convolve = depthwise ? depthwiseConv2d : conv2d;
    const gradient = grads(
      (a: Tensor, w: Tensor) => convolve(a as Tensor4D, w as Tensor4D, 1, 'same', 'NHWC', [2, 3]) as Tensor,
    );
    const want = plainGradients(one, x, filter, dy);
    const magnitude = plainGradients(one, magnitudes(x), magnitudes(filter), magnitudes(dy));
    for (const [index, name] of (['input', 'filter'] as const).entries()) {
      const got = await onBackend('wasm', () => gradient([x, filter].map(asTensor), asTensor(dy))[index]);
      checkSums(t, name, got, want[name], magnitude[name], 2 * 9 * 8 + 1);
    }
  }
});

t.test('NCHW is refused with the way out', async (t) => {
  const x = normals(random(), [1, 2, 3, 3]);
  const attrs = { strides: 1, pad: 'valid', dataFormat: 'NCHW', filterShape: [1, 1, 2, 2] };
  await t.rejects(runOn('wasm', 'Conv2DBackpropFilter', { x, dy: x }, attrs), {
    message: 'Conv2DBackpropFilter: expected data format NHWC, got NCHW; transpose the input',
  });
});
