/** conv2d, depthwise_conv2d, dense. */
import type { Attribute, Tensor, Weight } from '../../../src/graph/graph.js';
import type { Draft } from '../draft.js';
import { plainWeight, scales, sparseWeight } from '../weights.js';
import { chance, image, moderate, type Step } from './step.js';

export const linear: Record<string, Step> = {
  conv2d(draft) {
    const { random: r } = draft;
    const x = image(draft);
    const window = windowFor(x, draft);
    const kernel = [r.pick([1, 2, 3, 4, 5, 8, 9, 13, 17]), ...window.taps, x.shape[2]];
    return draft.node('conv2d', [x], { attributes: window.attributes, weights: weights(draft, kernel, x) });
  },
  depthwise_conv2d(draft) {
    const { random: r } = draft;
    const x = image(draft);
    const window = windowFor(x, draft);
    const kernel = [x.shape[2] * r.pick([1, 1, 1, 2, 3]), ...window.taps, 1];
    return draft.node('depthwise_conv2d', [x], {
      attributes: window.attributes,
      weights: weights(draft, kernel, x),
    });
  },
  dense(draft) {
    const { random: r } = draft;
    const found = draft.find((x, facts) => x.shape.length === 1 && moderate(x, facts));
    const x = found ?? draft.input([r.pick([1, 3, 8, 40, 64, 100])], undefined, plainNumbers(draft));
    if (x.dtype === 'f32' && !moderate(x, draft.facts.get(x.name)!)) return undefined;
    const kernel = [r.pick([1, 2, 4, 7, 10, 17, 40]), x.shape[0]];
    const scores = x.dtype === 'i8' && chance(draft, 0.2);
    return draft.node('dense', [x], {
      attributes: activation(draft),
      weights: weights(draft, kernel, x),
      output: scores ? { dtype: 'f32' } : undefined,
    });
  },
};

/** Small whole numbers are numbers of either dtype. */
function plainNumbers({ random }: Draft): () => number {
  return () => random.int(-100, 100);
}

export function activation({ random: r }: Draft): Record<string, Attribute> {
  return r.next() < 0.3 ? {} : { activation: r.pick(['linear', 'relu', 'relu', 'relu6']) };
}

/** Taps that fit the image as it is padded. */
function windowFor(
  { shape }: Tensor,
  draft: Draft,
): { taps: number[]; attributes: Record<string, Attribute> } {
  const { random: r } = draft;
  const plain = r.next() < 0.4;
  const pads = plain ? [0, 0, 0, 0] : Array.from({ length: 4 }, () => r.pick([0, 0, 1, 1, 2, 3]));
  const dilations = plain ? [1, 1] : [r.pick([1, 1, 1, 2, 3]), r.pick([1, 1, 1, 2, 3])];
  const taps = [0, 1].map((axis) => {
    const room = shape[axis] + pads[axis] + pads[axis + 2];
    return Math.min(r.pick([1, 1, 2, 3, 3, 5]), Math.floor((room - 1) / dilations[axis]) + 1);
  });
  const strides = [r.pick([1, 1, 2, 3]), r.pick([1, 1, 2, 3])];
  return { taps, attributes: { pads, dilations, strides, ...activation(draft) } };
}

/** kernel, and where wanted bias and scale; now and then a kernel that another node has. */
function weights(draft: Draft, shape: number[], { dtype }: Tensor): Record<string, Weight> {
  const { random: r, graph } = draft;
  const [outputs] = shape;
  const int8 = dtype === 'i8';
  const shared = [...graph.weights.values()].find(
    (w) => w.dtype === dtype && `${w.shape}` === `${shape}` && w.name.endsWith('/kernel'),
  );
  const kernel = shared && r.next() < 0.5 ? shared : sparseWeight(shape, int8 ? 'i8' : 'f32', r);
  const result: Record<string, Weight> = { kernel };
  if (r.next() < 0.7) result.bias = plainWeight([outputs], int8 ? 'i32' : 'f32', r);
  if (int8) result.scale = scales(r.next() < 0.25 ? 1 : outputs, r);
  return result;
}
