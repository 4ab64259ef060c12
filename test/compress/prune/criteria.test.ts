import t from 'tap';
import {
  blockGrid,
  blockScores,
  criteria,
  cutMasks,
  type Criterion,
  type CriterionName,
  type OutputStatistics,
  type Scored,
} from '../../../src/compress/prune/index.js';

const f32 = (...values: number[]): Float32Array => Float32Array.from(values);
const f64 = (...values: number[]): Float64Array => Float64Array.from(values);

/** Two outputs of two weights each. */
const kernel = (evidence: Partial<Scored> = {}): Scored => {
  return { shape: [2, 2], values: f32(1, -2, 3, -0.5), ...evidence };
};

const outputs: OutputStatistics = {
  absoluteMean: f64(0.5, 2),
  zeros: f64(0.75, 0.25),
  variance: f64(4, 1),
  entropy: f64(0.7, 0),
};

/** By hand, from the formula in the criterion's comment. */
const examples: Partial<Record<CriterionName, [Partial<Scored>, number[]]>> = {
  magnitude: [{}, [1, 2, 3, 0.5]],
  l2: [{}, [1, 4, 9, 0.25]],
  'max-norm': [{}, [1, 2, 3, 0.5]],
  lamp: [{}, [1, 4, 9, 0.25]],
  gradient: [{ gradient: f32(-0.5, 0.25, 0, 2) }, [0.5, 0.25, 0, 2]],
  taylor: [{ absoluteGradient: f32(0.5, 0.25, 0, 2) }, [0.5, 0.5, 0, 1]],
  fisher: [{ squaredGradient: f32(0.5, 0.25, 0, 8) }, [0.25, 0.5, 0, 1]],
  obd: [{ hessianDiagonal: f32(2, 1, 0.5, 16) }, [1, 2, 2.25, 2]],
  obs: [{ inverseHessian: f32(0.5, 1, 2, 0.25) }, [1, 2, 2.25, 0.5]],
  wanda: [{ inputNorm: f32(4, 1, 4, 1) }, [4, 2, 12, 0.5]],
  movement: [{ movement: f32(-1, 0, 3, 0.5) }, [-1, 0, 3, 0.5]],
  synflow: [{ synflow: f32(2, 3, 1, 4) }, [2, 6, 3, 2]],
  activation: [{ outputs }, [0.5, 0.5, 2, 2]],
  apoz: [{ outputs }, [0.25, 0.25, 0.75, 0.75]],
  variance: [{ outputs }, [4, 4, 1, 1]],
  entropy: [{ outputs }, [0.7, 0.7, 0, 0]],
  gamma: [{ gamma: f64(0.1, 1.5) }, [0.1, 0.1, 1.5, 1.5]],
};

for (const [name, [evidence, scores]] of Object.entries(examples))
  t.test(`${name}: scores by hand`, async (t) => {
    t.same([...criteria[name as CriterionName].score(kernel(evidence))], scores);
  });

t.test('every criterion has an example', async (t) => {
  t.same(
    Object.keys(criteria).filter((name) => !(name in examples)),
    ['random'],
  );
});

t.test('random: one draw a weight', async (t) => {
  let draws = 0;
  t.same([...criteria.random.score(kernel({ random: () => ++draws }))], [1, 2, 3, 4]);
});

t.test('blocks: mean of L1, L2 and the rest, the largest of max-norm', async (t) => {
  const rows = blockGrid([2, 2], [1, 2]);
  const scores = (criterion: Criterion): number[] => [...blockScores(kernel(), rows, criterion)];
  t.same(scores(criteria.magnitude), [1.5, 1.75]);
  t.same(scores(criteria.l2), [2.5, 4.625]);
  t.same(scores(criteria['max-norm']), [2, 3]);
});

t.test('L1 and L2 order blocks differently, L2 as their norms', async (t) => {
  const flat = { shape: [2, 2], values: f32(2, 2, 3.5, 0) };
  const kept = (criterion: Criterion): number[] => [
    ...cutMasks([flat], { block: [1, 2] }, criterion, { sparsity: [0.5] })[0],
  ];
  t.same(kept(criteria.magnitude), [1, 1, 0, 0]);
  t.same(kept(criteria.l2), [0, 0, 1, 1]);
});

t.test('scores of whole outputs choose whole neurons', async (t) => {
  const [mask] = cutMasks([kernel({ outputs })], { unit: 'neuron', block: [1, 1] }, criteria.variance, {
    sparsity: [0.5],
  });
  t.same([...mask], [1, 1, 0, 0]);
});

const order = (scores: ArrayLike<number>): number[] => [0, 1, 2, 3].sort((a, b) => scores[a] - scores[b]);

t.test('OBD orders weights as the loss of a quadratic grows', async (t) => {
  const values = f32(0.5, -3, 1, 0.1);
  const curvature = f32(16, 0.1, 3, 50);
  // L(w + d) = sum h d^2 / 2 at the minimum w: without weight i it is h_i w_i^2 / 2.
  const loss = (removed: number): number => (curvature[removed] * values[removed] ** 2) / 2;
  const scores = criteria.obd.score({ shape: [1, 4], values, hessianDiagonal: curvature });
  t.same(order(scores), order([0, 1, 2, 3].map(loss)));
  t.not(`${order(scores)}`, `${order(values.map(Math.abs))}`, 'magnitude orders them otherwise');
});

t.test('Wanda keeps a small weight of a large input', async (t) => {
  const scored = { shape: [1, 2], values: f32(1, 0.5), inputNorm: f32(0.1, 10) };
  const kept = (criterion: Criterion): number[] => [
    ...cutMasks([scored], { block: [1, 1] }, criterion, { sparsity: [0.5] })[0],
  ];
  t.same(kept(criteria.magnitude), [1, 0]);
  t.same(kept(criteria.wanda), [0, 1]);
});

t.test('what is pruned goes first, whatever its score', async (t) => {
  const scored = { shape: [1, 4], values: f32(0, 0.1, 0, 0.2), gradient: f32(9, 1, 9, 2) };
  const [mask] = cutMasks([scored], { block: [1, 1] }, criteria.gradient, { sparsity: [0.75] });
  t.same([...mask], [0, 0, 0, 1]);
});
