/** matmul, softmax, layer_norm, reductions, recurrent layers. */
import type { Attribute, Tensor, Weight } from '../../../src/graph/graph.js';
import type { Draft, Facts } from '../draft.js';
import { anyShape } from '../shapes.js';
import { weightOf } from '../weights.js';
import { chance, floats, moderate, type Step } from './step.js';

const withAxes = (draft: Draft, fits: (facts: Facts) => boolean, least = 1): Tensor =>
  floats(
    draft,
    (x, facts) => x.shape.length >= least && fits(facts) && moderate(x, facts),
    () => anyShape(draft.random, least),
  );

/** Neighbouring axes. */
const reduction: Step = (draft, op) => {
  const { random: r } = draft;
  // a product of numbers about 1 neither overflows nor vanishes
  const x = withAxes(draft, ({ largest }) => op !== 'reduce_prod' || largest < 30);
  const first = r.int(0, x.shape.length - 1);
  const last = r.int(first, x.shape.length - 1);
  const axes = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return draft.node(op, [x], { attributes: { axes, keepdims: r.int(0, 1) } });
};

const argReduction: Step = (draft, op) => {
  const { random: r } = draft;
  const x = floats(
    draft,
    ({ shape }) => shape.length > 0,
    () => anyShape(r, 1),
  );
  return draft.node(op, [x], { attributes: { axis: r.int(0, x.shape.length - 1), keepdims: r.int(0, 1) } });
};

const GATES: Record<string, number> = { lstm: 4, gru: 3, simple_rnn: 1 };

const recurrent: Step = (draft, op) => {
  const { random: r } = draft;
  const x = floats(
    draft,
    ({ shape }, { largest }) => shape.length === 2 && shape[0] <= 12 && largest < 6,
    () => [r.pick([1, 2, 5, 9]), r.pick([1, 3, 8, 17])],
  );
  const units = r.pick([1, 2, 4, 5, 8]);
  const weights = recurrentWeights(draft, op, x.shape[1], units);
  return draft.node(op, [x], { attributes: recurrentAttributes(draft, op), weights });
};

/** Small, so that the gates' sums are. */
function recurrentWeights(draft: Draft, op: string, features: number, units: number): Record<string, Weight> {
  const { random: r } = draft;
  const rows = GATES[op] * units;
  const some = (shape: number[]): Weight =>
    weightOf(shape, 'f32', () => (r.next() < 0.3 ? 0 : Math.fround(r.normal() / 4)));
  const optional: Record<string, number> = { bias: rows, initial_h: units };
  if (op === 'lstm') optional.initial_c = units;
  if (op === 'gru') optional.recurrent_bias = rows;
  const weights = { kernel: some([rows, features]), recurrent: some([rows, units]) };
  const taken = Object.entries(optional).filter(() => chance(draft, 0.5));
  return { ...weights, ...Object.fromEntries(taken.map(([role, length]) => [role, some([length])])) };
}

function recurrentAttributes(draft: Draft, op: string): Record<string, Attribute> {
  const { random: r } = draft;
  const attributes: Record<string, Attribute> = {};
  if (chance(draft, 0.5)) attributes.activation = r.pick(['tanh', 'relu', 'sigmoid', 'linear']);
  if (chance(draft, 0.5)) attributes.reverse = r.int(0, 1);
  if (op !== 'simple_rnn' && chance(draft, 0.3)) attributes.recurrent_activation = 'hard_sigmoid';
  if (op === 'gru' && chance(draft, 0.5)) attributes.reset_after = r.int(0, 1);
  return attributes;
}

export const sums: Record<string, Step> = {
  matmul(draft) {
    const { random: r } = draft;
    const a = withAxes(draft, () => true, 2);
    const [rows, columns] = a.shape.slice(-2);
    const [transpose_a, transpose_b] = [r.int(0, 1), r.int(0, 1)];
    const k = transpose_a ? rows : columns;
    const fits = (b: Tensor): boolean => b.shape.length >= 2 && b.shape.at(transpose_b ? -1 : -2) === k;
    const b = floats(
      draft,
      (x, facts) => fits(x) && moderate(x, facts),
      () => {
        const n = r.pick([1, 2, 3, 5, 8, 17]);
        const leading = a.shape.slice(0, -2).map((dim) => r.pick([1, dim]));
        return [...leading.slice(r.int(0, leading.length)), ...(transpose_b ? [n, k] : [k, n])];
      },
    );
    return draft.node('matmul', [a, b], { attributes: { transpose_a, transpose_b } });
  },
  softmax: (draft) => draft.node('softmax', [withAxes(draft, () => true)]),
  layer_norm(draft) {
    const { random: r } = draft;
    const x = withAxes(draft, () => true);
    const length = [x.shape.at(-1)!];
    const vector = (): Weight => weightOf(length, 'f32', () => Math.fround(r.normal()));
    const weights: Record<string, Weight> = {};
    if (chance(draft, 0.5)) weights.gamma = vector();
    if (chance(draft, 0.5)) weights.beta = vector();
    const attributes = r.pick<Record<string, Attribute>>([{}, { epsilon: Math.fround(1e-5) }]);
    return draft.node('layer_norm', [x], { attributes, weights });
  },
  ...Object.fromEntries(
    ['reduce_sum', 'reduce_mean', 'reduce_max', 'reduce_min', 'reduce_prod'].map((op) => [op, reduction]),
  ),
  argmax: argReduction,
  argmin: argReduction,
  lstm: recurrent,
  gru: recurrent,
  simple_rnn: recurrent,
};
