// Every kernel: the entry of the test build, which never ships.
export { qs8_spmm_1x1, qs8_spmm_1x2, qs8_spmm_2x2, qs8_spmm_4x2 } from './qs8-spmm';
export { qs8_spmm_2x4, dots_are_right } from './qs8-spmm-relaxed';
export { qs8_dwconv } from './qs8-dwconv';
export { qs8_gemv_4x2, qs8_f32_gemv_4x2, qs8_widen } from './qs8-gemv';
export { qs8_gemv_8x16 } from './qs8-gemv-window';
export { f32_spmm_1x1, f32_spmm_2x1 } from './f32-spmm';
export { f32_gemv_4x1 } from './f32-gemv';
export { qs8_vadd, f32_vadd } from './vadd';
export { qs8_vclamp, f32_vclamp } from './vclamp';
export { f32_qs8_vcvt, qs8_f32_vcvt, qs8_f32_vcvt_pair } from './vcvt';
export { qs8_maxpool, f32_maxpool, qs8_avgpool, f32_avgpool } from './pool';
export { qs8_gavgpool, f32_gavgpool, qs8_gmaxpool, f32_gmaxpool } from './global-pool';
export { f32_softmax } from './softmax';
export { x_band, Pixels } from './band';
export { x16_strided_copy, x32_strided_copy } from './copy';
export { x8_nhwc_to_pairs, x8_pairs_to_nhwc, x32_nhwc_to_planes, x32_planes_to_nhwc } from './pack';
export { qs8_peak } from './peak';
export { Unit, x_nonzero, qs8_sums, qs8_count } from './scan';
