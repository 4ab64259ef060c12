// Kernels for training that tfjs' wasm backend has not. They run on the backend's own memory, which the module imports,
// so no tensor is copied; the module has no data and no heap of its own. Loaded by src/train/kernels/simd.ts.
export { f32_column_sums, f32_combine_columns, f32_relu_grad, f32_scale_columns } from './columns';
export {
  f32_conv2d,
  f32_conv2d_filter_grad,
  f32_conv2d_input_grad,
  f32_copy_window,
  f32_dwconv2d_filter_grad,
  f32_matmul_tn,
} from './convolution';
export { f32_avgpool_grad, f32_maxpool_grad } from './pool';
