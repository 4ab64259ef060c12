/** Row-major, channels-last tensors to the layouts of docs/runtime.md and back. */
import { imageOf } from './arena';
import { x32_nhwc_to_planes, x32_planes_to_nhwc, x8_nhwc_to_pairs, x8_pairs_to_nhwc } from './kernels/index';
import { DType, Layout, layoutOf, model, Tensor } from './model';

function rowBytes(layout: Layout): usize {
  return usize(layout.stride) * layout.element;
}

function planeBytes(layout: Layout): usize {
  return usize(layout.plane) * layout.element;
}

/** Bytes of a tensor of one image as the host sees it, and of all images. */
export function imageBytes(tensor: Tensor): u32 {
  return tensor.dtype == DType.I8 ? tensor.elements : tensor.elements << 2;
}

export function hostBytes(tensor: Tensor): u64 {
  return u64(imageBytes(tensor)) * model.batch;
}

/** Its numbers at `x`, image after image, to the tensor. */
export function pack(tensor: Tensor, x: usize): void {
  const layout = layoutOf(tensor);
  const rows = tensor.rows;
  const columns = tensor.columns;
  const bytes = imageBytes(tensor);
  for (let image: u32 = 0; image < model.batch; ++image, x += bytes) {
    const y = imageOf(layout, 0, image);
    if (layout.plane == 1) memory.copy(y, x, bytes);
    else if (!LOPPER_FULL || tensor.dtype == DType.I8) {
      x8_nhwc_to_pairs(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
    } else x32_nhwc_to_planes(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
  }
}

/** Row `row` of all images' rows, int8 numbers at `x`, to the tensor. */
export function packRow(tensor: Tensor, row: u32, x: usize): void {
  const layout = layoutOf(tensor);
  const y = imageOf(layout, 0, row / tensor.rows);
  if (layout.plane == 1) memory.copy(y, x, tensor.elements);
  else {
    const to = y + (row % tensor.rows) * rowBytes(layout);
    x8_nhwc_to_pairs(1, tensor.columns, tensor.channels, x, to, 0, planeBytes(layout));
  }
}

/** The tensor's numbers to `y`, image after image. */
export function unpack(tensor: Tensor, y: usize): void {
  const layout = layoutOf(tensor);
  const rows = tensor.rows;
  const columns = tensor.columns;
  const bytes = imageBytes(tensor);
  for (let image: u32 = 0; image < model.batch; ++image, y += bytes) {
    const x = imageOf(layout, 0, image);
    if (layout.plane == 1) memory.copy(y, x, bytes);
    else if (!LOPPER_FULL || tensor.dtype == DType.I8) {
      x8_pairs_to_nhwc(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
    } else x32_planes_to_nhwc(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
  }
}
