/** Functions of one, two and three numbers. */
import type { Attribute, Tensor } from '../../../src/graph/graph.js';
import { binary } from '../../../src/ops/binary.js';
import { broadcastShape } from '../../../src/ops/broadcast.js';
import { unary } from '../../../src/ops/unary.js';
import type { Draft } from '../draft.js';
import { stretchable, stretchedTo } from '../shapes.js';
import { activation } from './linear.js';
import { anything, chance, floats, type Step } from './step.js';

const { fround } = Math;

type Attributes = (draft: Draft) => Record<string, Attribute>;

/** Of those that have some. */
const ATTRIBUTES: Record<string, Attributes> = {
  leaky_relu: ({ random: r }) => ({ alpha: fround(r.pick([0.3, 0.01, 0, 1.5, -0.25])) }),
  elu: ({ random: r }) => ({ alpha: r.pick([1, 0.5, 1.5]) }),
  hard_sigmoid: ({ random: r }) =>
    r.pick<Record<string, Attribute>>([{}, { alpha: fround(1 / 6) }, { alpha: 0.25, beta: 0.375 }]),
  clip: ({ random: r }) =>
    r.pick<Record<string, Attribute>>([{}, { min: -0.5, max: 1 }, { min: 0 }, { max: fround(0.1) }]),
  gelu: ({ random: r }) => r.pick<Record<string, Attribute>>([{}, { approximate: 'tanh' }]),
  swish: ({ random: r }) => r.pick<Record<string, Attribute>>([{}, { beta: fround(1.702) }]),
};

/** Defined from 0 on: beyond, nothing could read the result. */
const POSITIVE = ['log', 'sqrt', 'rsqrt'];
/** Angles that FORMAT.md speaks of. */
const ANGLES = ['sin', 'cos'];

const one: Step = (draft, op) => {
  const positive = POSITIVE.includes(op) && chance(draft, 0.9);
  const angle = ANGLES.includes(op);
  const x = floats(draft, (_, { least, largest }) => (!positive || least >= 0) && (!angle || largest < 1024));
  return draft.node(op, [x], { attributes: ATTRIBUTES[op]?.(draft) });
};

const clamp: Step = (draft, op) => draft.node(op, [anything(draft)]);

/** What can be read beside x: itself, one that is there, or an input that stretches, or to which x stretches. */
function partner(draft: Draft, x: Tensor, fits: (y: Tensor) => boolean): Tensor {
  const { random: r } = draft;
  if (chance(draft, 0.08)) return x;
  const found = chance(draft, 0.6) ? draft.find((y) => fits(y) && broadcasts(x, y)) : undefined;
  if (found) return found;
  const shape = chance(draft, 0.8) ? stretchable(x.shape, r) : stretchedTo(x.shape, r);
  return draft.input(shape, x.dtype as 'f32' | 'i8');
}

function broadcasts(...tensors: Tensor[]): boolean {
  try {
    return broadcastShape(...tensors.map(({ shape }) => shape)).length <= 6;
  } catch {
    return false;
  }
}

function inAnyOrder(draft: Draft, pair: Tensor[]): Tensor[] {
  return chance(draft, 0.5) ? pair : pair.toReversed();
}

const twoFloats: Step = (draft, op) => {
  const x = floats(draft, () => true);
  return draft.node(op, inAnyOrder(draft, [x, partner(draft, x, (y) => y.dtype === 'f32')]));
};

const arithmetic: Step = (draft, op) => {
  const x = anything(draft);
  const y = partner(draft, x, ({ dtype }) => dtype === x.dtype);
  return draft.node(op, inAnyOrder(draft, [x, y]), { attributes: activation(draft) });
};

/** int8 of one scale: what was moved or compared before, or a constant of it. */
const extreme: Step = (draft, op) => {
  const x = anything(draft);
  if (x.dtype === 'f32') return twoFloats(draft, op);
  const found = draft.find((y) => sameFormat(x, y) && broadcasts(x, y));
  const y = found && chance(draft, 0.6) ? found : sameScale(draft, x, stretchable(x.shape, draft.random));
  return draft.node(op, inAnyOrder(draft, [x, y]));
};

export function sameFormat(x: Tensor, y: Tensor): boolean {
  const [a, b] = [x.quantization, y.quantization];
  return x.dtype === y.dtype && a?.scale === b?.scale && a?.zeroPoint === b?.zeroPoint;
}

/** A constant of x's format. */
export function sameScale(draft: Draft, x: Tensor, shape: number[]): Tensor {
  const { dtype, quantization } = x;
  return draft.constantLike(shape, { dtype, quantization });
}

export const elementwise: Record<string, Step> = {
  ...Object.fromEntries(unary.map(({ name }) => [name, one])),
  ...Object.fromEntries(binary.map(({ name }) => [name, twoFloats])),
  relu: clamp,
  relu6: clamp,
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  min: extreme,
  max: extreme,
  prelu(draft) {
    const x = floats(draft, () => true);
    const fits = (y: Tensor): boolean =>
      y.dtype === 'f32' && broadcasts(x, y) && `${broadcastShape(x.shape, y.shape)}` === `${x.shape}`;
    const found = chance(draft, 0.4) ? draft.find(fits) : undefined;
    return draft.node('prelu', [x, found ?? draft.input(stretchable(x.shape, draft.random), 'f32')]);
  },
  where(draft) {
    const a = floats(draft, () => true);
    const b = partner(draft, a, ({ dtype }) => dtype === 'f32');
    if (!broadcasts(a, b)) return undefined;
    const condition = floats(
      draft,
      (x) => broadcasts(a, b, x),
      () => stretchable(broadcastShape(a.shape, b.shape), draft.random),
    );
    return draft.node('where', [condition, a, b]);
  },
};
