/**
 * SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: how TensorFlow wrote dilated convolutions. The first gives its image as it is, with
 * what it would do to it noted; the convolution dilates by the block and pads; the last one crops.
 */
import type { Value } from '../values.js';
import { NotSupported, type Convert, type OperatorCall } from './call.js';
import type { Geometry } from './linear.js';

export const spaceToBatch: Convert = (call) => {
  const x = call.input(0);
  const [block, pads] = blockAndSides(call, 'paddings');
  const value = { ...x };
  call.spaced.set(value, { block, pads });
  return value;
};

export const batchToSpace: Convert = (call) => {
  const x = call.spacedInput(0);
  const [block, crops] = blockAndSides(call, 'crops');
  const noted = call.spaced.get(x);
  if (`${noted?.block}` !== `${block}` || noted?.pads.some((pad) => pad !== 0))
    throw new NotSupported('expected SPACE_TO_BATCH_ND of the same block and a convolution before it');
  const [top, left, bottom, right] = crops;
  const [, height, width, channels] = x.shape;
  const size = [1, height - top - bottom, width - left - right, channels];
  return call.builder.slice(call.name, { ...x }, [0, top, left, 0], size);
};

/** The block [rows, columns], and [top, left, bottom, right]. */
function blockAndSides(call: OperatorCall, what: string): [block: number[], sides: number[]] {
  const block = call.numbers(1, 'block_shape');
  const sides = call.numbers(2, what);
  if (block.length !== 2 || sides.length !== 4 || call.spacedInput(0).shape.length !== 4)
    throw new NotSupported(`block_shape: expected two sides of an image [1,H,W,C], got [${block}]`);
  const [top, bottom, left, right] = sides;
  return [block, [top, left, bottom, right]];
}

/** The geometry of a convolution of stride 1 without padding between the two. */
export function spacedGeometry(
  call: OperatorCall,
  image: Value,
  { strides, dilations, pads }: Geometry,
): Geometry {
  const noted = call.spaced.get(image);
  if (!noted) return { strides, dilations, pads };
  if ([...strides, ...dilations].some((step) => step !== 1) || pads.some((pad) => pad !== 0))
    throw new NotSupported('behind SPACE_TO_BATCH_ND: expected stride 1, VALID padding and no dilation');
  return { strides, dilations: noted.block, pads: noted.pads };
}

/** Notes that `y`, of a convolution of `image`, is as spaced as that. */
export function staySpaced(call: OperatorCall, image: Value, y: Value): Value {
  const noted = call.spaced.get(image);
  if (noted) call.spaced.set(y, { block: noted.block, pads: [0, 0, 0, 0] });
  return y;
}
