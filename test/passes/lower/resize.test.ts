import t from 'tap';
import { lowerResize } from '../../../src/passes/lower/resize.js';
import { random, SEED } from '../../helpers/random.js';
import { graphOf } from '../../ops/helpers.js';
import { keepsOutputs, opsOf } from '../passed.js';

const r = random();
const COORDINATES = [
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'tf_half_pixel_for_nn',
];

t.test(`every way to count coordinates, to the bit, SEED=${SEED}`, async (t) => {
  for (const coordinates of COORDINATES)
    for (const mode of ['linear', 'nearest'])
      for (let i = 0; i < 12; i++) {
        const size = [r.int(1, 9), r.int(1, 9)];
        const rounding = r.pick(['round_prefer_floor', 'floor', 'ceil', 'round_prefer_ceil']);
        const attributes = { size, mode, coordinates, rounding, scale_y: r.pick([0, 1.7]) };
        const graph = graphOf({ op: 'resize2d', inputs: [[r.int(1, 6), r.int(1, 6), 2]], attributes }, r);
        const lowered = keepsOutputs(lowerResize, graph, r, 0, JSON.stringify(attributes));
        t.ok(lowered.nodes.every(({ op }) => op !== 'resize2d'));
      }
});

const resized = (size: number[], mode: string): string =>
  opsOf(
    keepsOutputs(
      lowerResize,
      graphOf({ op: 'resize2d', inputs: [[3, 4, 2]], attributes: { size, mode } }, r),
      r,
      0,
    ),
  );

t.test('repeated pixels are one view, the same size is nothing', async (t) => {
  t.equal(resized([6, 12], 'nearest'), 'view');
  t.equal(resized([5, 4], 'nearest'), 'constant gather');
  t.equal(resized([3, 8], 'linear'), 'interpolate');
  t.equal(resized([3, 4], 'linear'), '');
});
