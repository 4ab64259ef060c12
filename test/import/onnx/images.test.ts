/** Convolutions, pools, resizing: what reads images, and sequences as images of one row. */
import t from 'tap';
import { checkCases } from './check-cases.js';
import { EVERY, floats, from, ints, one, since, type Case } from './cases.js';

const IMAGE = [1, 3, 7, 8];
const kernel = (...dims: number[]): ReturnType<typeof floats> => floats(dims, 0.4);

const convolutions: Case[] = [
  one('Conv', [IMAGE], {
    constants: [kernel(4, 3, 3, 3), floats([4])],
    attributes: { pads: [1, 1, 1, 1] },
    opsets: EVERY,
  }),
  one('Conv', [IMAGE], {
    constants: [kernel(4, 3, 3, 2)],
    attributes: { strides: [2, 1], pads: [0, 1, 2, 0] },
  }),
  one('Conv', [IMAGE], { constants: [kernel(4, 3, 3, 3)], attributes: { dilations: [2, 2] } }),
  one('Conv', [[1, 4, 6, 6]], { constants: [kernel(6, 2, 3, 3), floats([6])], attributes: { group: 2 } }),
  one('Conv', [[1, 4, 6, 6]], {
    constants: [kernel(4, 1, 3, 3)],
    attributes: { group: 4, kernel_shape: [3, 3] },
  }),
  one('Conv', [[1, 4, 6, 6]], { constants: [kernel(8, 1, 3, 3)], attributes: { group: 4 } }),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((auto_pad) =>
    one('Conv', [IMAGE], { constants: [kernel(2, 3, 4, 3)], attributes: { auto_pad, strides: [2, 2] } }),
  ),
  one('Conv', [[1, 3, 9]], {
    constants: [kernel(4, 3, 3), floats([4])],
    attributes: { pads: [1, 1], strides: [2] },
  }),
  one('Conv', [[1, 4, 9]], { constants: [kernel(4, 1, 3)], attributes: { group: 4 }, afterConv: true }),
  one('Conv', [[1, 4, 9]], {
    constants: [kernel(4, 4, 3)],
    attributes: { auto_pad: 'SAME_LOWER' },
  }),
];

const transposed: Case[] = [
  one('ConvTranspose', [IMAGE], { constants: [kernel(3, 4, 3, 3), floats([4])] }),
  one('ConvTranspose', [IMAGE], {
    constants: [kernel(3, 4, 3, 2)],
    attributes: { strides: [2, 3], pads: [1, 0, 0, 1] },
  }),
  one('ConvTranspose', [IMAGE], {
    constants: [kernel(3, 2, 3, 3)],
    attributes: { strides: [2, 2], output_padding: [1, 1], pads: [1, 1, 1, 1] },
  }),
  one('ConvTranspose', [IMAGE], {
    constants: [kernel(3, 2, 3, 3)],
    attributes: { strides: [2, 2], output_shape: [16, 15] },
  }),
  one('ConvTranspose', [IMAGE], { constants: [kernel(3, 2, 3, 3)], attributes: { dilations: [2, 2] } }),
  one('ConvTranspose', [[1, 4, 5, 5]], {
    constants: [kernel(4, 3, 2, 2)],
    attributes: { group: 2, strides: [2, 2] },
  }),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((auto_pad) =>
    one('ConvTranspose', [IMAGE], {
      constants: [kernel(3, 2, 3, 3)],
      attributes: { auto_pad, strides: [2, 2] },
      opsets: from(11),
    }),
  ),
  one('ConvTranspose', [[1, 3, 6]], {
    constants: [kernel(3, 4, 3)],
    attributes: { strides: [2], pads: [1, 1], output_padding: [1] },
  }),
];

const window = { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] };

const pooling: Case[] = [
  ...['MaxPool', 'AveragePool'].flatMap((op) => [
    one(op, [IMAGE], { attributes: window, opsets: EVERY }),
    one(op, [IMAGE], { attributes: { kernel_shape: [2, 2], strides: [2, 2] }, afterConv: true }),
    one(op, [IMAGE], {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
      opsets: since(11),
    }),
    one(op, [IMAGE], { attributes: { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] } }),
    one(op, [[1, 3, 9]], { attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] } }),
  ]),
  one('MaxPool', [IMAGE], {
    attributes: { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
    opsets: from(11),
  }),
  one('AveragePool', [IMAGE], { attributes: { ...window, count_include_pad: 1 }, opsets: EVERY }),
  one('AveragePool', [IMAGE], {
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
    opsets: [21],
  }),
  one('LpPool', [IMAGE], { attributes: { kernel_shape: [3, 2] } }),
  one('LpPool', [IMAGE], { attributes: { kernel_shape: [2, 2], p: 1, strides: [2, 2] } }),
  ...['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].flatMap((op) => [
    one(op, [IMAGE]),
    one(op, [[1, 3, 9]]),
  ]),
];

const scales = (...values: number[]): ReturnType<typeof floats> => ({
  dims: [values.length],
  data: Float32Array.from(values),
});
const none = scales();
const COORDINATES = ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel'];
const ROUNDING = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];

const MODES = ['nearest', 'linear'];

/** By scales and by sizes, in one mode of coordinates. */
function resizedBy(mode: string, coordinate_transformation_mode: string): Case[] {
  const settings = { attributes: { mode, coordinate_transformation_mode }, opsets: from(11) };
  return [
    one('Resize', [IMAGE], { constants: [none, scales(1, 1, 1.7, 0.6)], ...settings }),
    one('Resize', [IMAGE], { constants: [none, none, ints(1, 3, 12, 5)], ...settings }),
  ];
}

const resizing: Case[] = [
  ...MODES.flatMap((mode) => [
    one('Upsample', [IMAGE], { constants: [scales(1, 1, 2, 3)], attributes: { mode }, opsets: [9] }),
    one('Resize', [IMAGE], { constants: [scales(1, 1, 2, 1.6)], attributes: { mode }, opsets: [10] }),
  ]),
  ...MODES.flatMap((mode) => COORDINATES.flatMap((coordinates) => resizedBy(mode, coordinates))),
  ...ROUNDING.map((nearest_mode) =>
    one('Resize', [IMAGE], {
      constants: [none, scales(1, 1, 2, 2)],
      attributes: { mode: 'nearest', nearest_mode },
      opsets: since(11),
    }),
  ),
  one('Resize', [IMAGE], {
    constants: [null, null, ints(9, 4)],
    attributes: { mode: 'linear', axes: [2, 3] },
    opsets: [18, 21],
  }),
  one('Resize', [[1, 3, 9]], {
    constants: [null, scales(1, 1, 2)],
    attributes: { mode: 'linear' },
    opsets: from(13),
  }),
  one('DepthToSpace', [[1, 12, 3, 4]], { attributes: { blocksize: 2 }, opsets: EVERY }),
  one('DepthToSpace', [[1, 12, 3, 4]], {
    attributes: { blocksize: 2, mode: 'CRD' },
    opsets: since(11),
    afterConv: true,
  }),
  one('SpaceToDepth', [[1, 3, 4, 6]], { attributes: { blocksize: 2 } }),
];

t.test('Conv', async (t) => checkCases(t, convolutions));
t.test('ConvTranspose', async (t) => checkCases(t, transposed));
t.test('pools', async (t) => checkCases(t, pooling));
t.test('Resize, Upsample, DepthToSpace', async (t) => checkCases(t, resizing));
