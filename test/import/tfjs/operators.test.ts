/** Every operator of TensorFlow that the importer knows, against tfjs. */
import t, { type Test } from 'tap';
import { converters } from '../../../src/import/tfjs/table.js';
import { random, SEED } from '../../helpers/random.js';
import {
  convolutionCases,
  elementwiseCases,
  matrixCases,
  reductionCases,
  shapeCases,
  slicingCases,
  type Case,
} from './cases.js';
import { runBoth } from './graphs.js';

t.comment(`SEED=${SEED}`);

/** Of the largest output: both sum and round in f32, in other orders. */
const TOLERANCE = 1e-5;

async function agrees(t: Test, one: Case): Promise<void> {
  const { want, got } = await runBoth(one, random(), { range: one.range });
  t.equal(got.length, want.length, `${one.name}: outputs`);
  want.forEach(({ shape, values }, i) => {
    t.same(got[i].shape, shape[0] === 1 ? shape.slice(1) : shape, `${one.name}: shape`);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - got[i].values[at])), 0);
    t.ok(worst <= TOLERANCE * largest, `${one.name}: differs by ${worst} of ${largest}`);
  });
}

const families: Record<string, Case[]> = {
  elementwise: elementwiseCases(random()),
  convolutions: convolutionCases(random()),
  matrices: matrixCases(random()),
  reductions: reductionCases(),
  shapes: shapeCases(random()),
  slicing: slicingCases(random()),
};

for (const [family, cases] of Object.entries(families)) {
  t.test(family, async (t) => {
    for (const one of cases) await t.test(one.name, (t) => agrees(t, one));
  });
}

/** The same converter under another name, or without a kernel in tfjs; those in graph.test.ts. */
const ELSEWHERE =
  'BatchMatMul BatchMatMulV3 Concat DepthwiseConv2d FusedBatchNorm FusedBatchNormV2 Gather IdentityN NoOp PreventGradient Print Reverse ShapeN ' +
  'BroadcastArgs EnsureShape LinSpace Ones Range ScatterNd SpaceToDepth SparseToDense Where Zeros';

t.test('no operator without a test', async (t) => {
  const tested = Object.values(families).flatMap((cases) =>
    cases.flatMap(({ nodes }) => nodes.map(({ op }) => op)),
  );
  const known = new Set([...tested, ...ELSEWHERE.split(' ')]);
  t.same(
    [...converters.keys()].filter((op) => !known.has(op)),
    [],
  );
});
