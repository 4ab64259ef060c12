/** Bounds and what is beyond them: each operator's bound is positive, small, and crossed by an error that is not. */
import t from 'tap';
import { viewOf } from '../../src/ops/check.js';
import { boundsOf } from './bounds.js';
import { prepare } from './check.js';
import { compare } from './difference.js';
import { generate } from './generate.js';

const f32 = (...values: number[]): Float32Array => Float32Array.from(values);

t.test('to the bit', async (t) => {
  t.same(compare(f32(1, 2), f32(1, 2), undefined, false), { share: 0 });
  t.match(compare(f32(1, 2), f32(1, 3), undefined, false), { difference: { element: 1, want: 3, got: 2 } });
  t.ok(compare(f32(-0), f32(0), undefined, false).difference, 'the sign of zero');
  t.notOk(compare(f32(-0), f32(0), undefined, true).difference);
  t.notOk(compare(f32(NaN), f32(NaN), undefined, false).difference);
  t.ok(compare(f32(NaN), f32(0), undefined, true).difference);
  t.ok(compare(f32(3.4028234663852886e38), f32(Infinity), undefined, false).difference);
  t.ok(compare(f32(1), f32(1, 2), undefined, false).difference, 'lengths');
});

t.test('within bounds', async (t) => {
  const bounds = Float64Array.of(0.1, 0.1, Infinity);
  t.match(compare(f32(1.0625, 2, 7), f32(1, 2, NaN), bounds, false), { share: 0.625, difference: undefined });
  t.match(compare(f32(1.0625, 2.5, 7), f32(1, 2, 0), bounds, false), {
    difference: { element: 1, bound: 0.1 },
  });
  t.ok(compare(f32(NaN), f32(1), bounds, false).difference, 'NaN where there is a number');
  t.ok(compare(f32(1), f32(NaN), bounds, false).difference, 'a number where there is none');
  t.notOk(compare(f32(3.4028234663852886e38), f32(Infinity), bounds, false).difference, 'beyond f32');
});

t.test('a thousandth is an error everywhere', async (t) => {
  const seen = new Set<string>();
  for (let index = 0; index < 200; index++) {
    const { graph, reference } = prepare(generate(2, index));
    for (const node of graph.nodes) {
      const view = viewOf(graph, node);
      const [values] = reference;
      const want = values.get(node.outputs[0])!;
      const read = node.inputs.map((name) => values.get(name)!);
      if (view.outputs[0].dtype !== 'f32' || !read.every((x) => x.every(Number.isFinite))) continue;
      const at = want.findIndex((y) => Number.isFinite(y) && Math.abs(y) > 0.1);
      const bounds = boundsOf(view, read, want);
      if (at < 0 || bounds?.[at] === Infinity || (bounds && bounds[at] > 1e-4 * Math.abs(want[at]))) continue;
      const got = want.map((y, i) => (i === at ? y * 1.001 : y));
      t.equal(compare(got, want, bounds, true).difference?.element, at, `case ${index}, ${node.op}`);
      seen.add(node.op);
    }
  }
  t.ok(seen.size > 60, `${seen.size} operators`);
});
