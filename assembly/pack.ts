/** Row-major, channels-last tensors to the layouts of docs/runtime.md and back. */
import { planeOf, restorePadding } from './arena';
import { x32_nhwc_to_planes, x32_planes_to_nhwc, x8_nhwc_to_pairs, x8_pairs_to_nhwc } from './kernels/index';
import { DType, Layout, layoutOf, Tensor } from './model';

function rowBytes(layout: Layout): usize {
  return usize(layout.stride) * layout.element;
}

function planeBytes(layout: Layout): usize {
  return usize(layout.plane) * layout.element;
}

/** Bytes of a tensor as the host sees it. */
export function hostBytes(tensor: Tensor): u32 {
  return tensor.dtype == DType.I8 ? tensor.elements : tensor.elements << 2;
}

/** `elements` numbers at `x` to the tensor. */
export function pack(tensor: Tensor, x: usize): void {
  const layout = layoutOf(tensor);
  const y = planeOf(layout, 0);
  const rows = tensor.rows;
  const columns = tensor.columns;
  if (layout.plane == 1) memory.copy(y, x, hostBytes(tensor));
  else if (tensor.dtype == DType.I8) {
    x8_nhwc_to_pairs(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
  } else x32_nhwc_to_planes(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
  restorePadding(layout);
}

/** The tensor's `elements` numbers to `y`. */
export function unpack(tensor: Tensor, y: usize): void {
  const layout = layoutOf(tensor);
  const x = planeOf(layout, 0);
  const rows = tensor.rows;
  const columns = tensor.columns;
  if (layout.plane == 1) memory.copy(y, x, hostBytes(tensor));
  else if (tensor.dtype == DType.I8) {
    x8_pairs_to_nhwc(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
  } else x32_planes_to_nhwc(rows, columns, tensor.channels, x, y, rowBytes(layout), planeBytes(layout));
}
