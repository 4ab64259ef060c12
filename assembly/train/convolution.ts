// Gradients of convolutions, NHWC, on inputs that are already padded.
import { f32_gemm_panel, f32_gemm_tn } from './gemm';

/** Products a call of the tile sums before it adds to C: what of A and B then stays in the first cache. */
const BLOCK = 128;

/** C[m,n] += sum_p A[p,m] * B[p,n]; C is m*n floats, cleared by the caller. */
export function f32_matmul_tn(count: i32, m: i32, n: i32, a: usize, b: usize, c: usize): void {
  const aStep = (<usize>m) << 2;
  const bStep = (<usize>n) << 2;
  for (let p = 0; p < count; p += BLOCK) {
    const block = min(BLOCK, count - p);
    f32_gemm_tn(1, block, m, n, a + <usize>p * aStep, aStep, 0, b + <usize>p * bStep, bStep, 0, c, bStep);
  }
}

/**
 * dw[i,j,c,o] += sum_{b,y,x} in[b, y*sh+i*dh, x*sw+j*dw, c] * dy[b,y,x,o].
 * Undilated, the taps of a filter row and their channels are contiguous in the input: one product for all of them.
 */
export function f32_conv2d_filter_grad(
  batch: i32,
  height: i32,
  width: i32,
  ci: i32,
  x: usize,
  oh: i32,
  ow: i32,
  co: i32,
  dy: usize,
  kh: i32,
  kw: i32,
  sh: i32,
  sw: i32,
  dh: i32,
  dw: i32,
  out: usize,
): void {
  const merged = dw == 1;
  const taps = merged ? 1 : kw;
  const m = merged ? kw * ci : ci;
  const aStep = (<usize>(sw * ci)) << 2;
  const aRow = (<usize>(sh * width * ci)) << 2;
  const bStep = (<usize>co) << 2;
  const bRow = <usize>ow * bStep;
  const rowsOfBlock = max(1, BLOCK / ow);
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < oh; y += rowsOfBlock) {
      const rows = min(rowsOfBlock, oh - y);
      const py = dy + <usize>(b * oh + y) * bRow;
      for (let i = 0; i < kh; i++) {
        for (let j = 0; j < taps; j++) {
          const px = x + ((<usize>(((b * height + y * sh + i * dh) * width + j * dw) * ci)) << 2);
          const pw = out + ((<usize>((i * kw + j) * ci * co)) << 2);
          f32_gemm_tn(rows, ow, m, co, px, aStep, aRow, py, bStep, bRow, pw, bStep);
        }
      }
    }
  }
}

/**
 * dx[b, y*sh+i*dh, x*sw+j*dw, c] += sum_o dy[b,y,x,o] * w[i,j,c,o], dx cleared by the caller and followed by 7 floats
 * of slack. Weights are panels [kh][groups][panels][co][8]: `groups` is 1 undilated, where a row of taps with its
 * channels is one run of kw*ci floats (zeros up to a multiple of 8), else kw.
 */
export function f32_conv2d_input_grad(
  batch: i32,
  height: i32,
  width: i32,
  ci: i32,
  dx: usize,
  oh: i32,
  ow: i32,
  co: i32,
  dy: usize,
  kh: i32,
  groups: i32,
  panels: i32,
  sh: i32,
  sw: i32,
  dh: i32,
  dw: i32,
  w: usize,
): void {
  const aStep = (<usize>co) << 2;
  const cStep = (<usize>(sw * ci)) << 2;
  const panel = (<usize>co) << 5;
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < oh; y++) {
      const py = dy + <usize>((b * oh + y) * ow) * aStep;
      let pw = w;
      for (let i = 0; i < kh; i++) {
        for (let j = 0; j < groups; j++) {
          let px = dx + ((<usize>(((b * height + y * sh + i * dh) * width + j * dw) * ci)) << 2);
          for (let t = 0; t < panels; t++, pw += panel, px += 32) {
            f32_gemm_panel(ow, co, py, aStep, pw, px, cStep);
          }
        }
      }
    }
  }
}

/**
 * y[b,y,x,o] += sum_{i,j,c} in[b, y*sh+i*dh, x*sw+j*dw, c] * w[i,j,c,o], y cleared by the caller and followed by 7 floats
 * of slack. Weights are panels [kh][groups][panels of output channels][run][8], zeros past the last output channel;
 * `groups` is 1 undilated, where the taps of a filter row with their channels are one run of kw*ci floats, else kw.
 */
export function f32_conv2d(
  batch: i32,
  height: i32,
  width: i32,
  ci: i32,
  x: usize,
  oh: i32,
  ow: i32,
  co: i32,
  y: usize,
  kh: i32,
  groups: i32,
  panels: i32,
  run: i32,
  sh: i32,
  sw: i32,
  dh: i32,
  dw: i32,
  w: usize,
): void {
  const xStep = (<usize>(sw * ci)) << 2;
  const yStep = (<usize>co) << 2;
  const panel = (<usize>run) << 5;
  for (let b = 0; b < batch; b++) {
    for (let row = 0; row < oh; row++) {
      const py = y + <usize>((b * oh + row) * ow) * yStep;
      let pw = w;
      for (let i = 0; i < kh; i++) {
        for (let j = 0; j < groups; j++) {
          const px = x + ((<usize>(((b * height + row * sh + i * dh) * width + j * dw) * ci)) << 2);
          for (let t = 0; t < panels; t++, pw += panel) {
            f32_gemm_panel(ow, run, px, xStep, pw, py + ((<usize>t) << 5), yStep);
          }
        }
      }
    }
  }
}

/** dw[i,j,c] += sum_{b,y,x} in[b, y*sh+i*dh, x*sw+j*dw, c] * dy[b,y,x,c]. Each image is summed apart, then added. */
export function f32_dwconv2d_filter_grad(
  batch: i32,
  height: i32,
  width: i32,
  c: i32,
  x: usize,
  oh: i32,
  ow: i32,
  dy: usize,
  kh: i32,
  kw: i32,
  sh: i32,
  sw: i32,
  dh: i32,
  dw: i32,
  out: usize,
): void {
  const xStep = (<usize>(sw * c)) << 2;
  const xRow = (<usize>(sh * width * c)) << 2;
  const yStep = (<usize>c) << 2;
  for (let b = 0; b < batch; b++) {
    const py = dy + ((<usize>(b * oh * ow * c)) << 2);
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const px = x + ((<usize>(((b * height + i * dh) * width + j * dw) * c)) << 2);
        const pw = out + ((<usize>((i * kw + j) * c)) << 2);
        let k = 0;
        for (; k + 4 <= c; k += 4) {
          const at = (<usize>k) << 2;
          const sum = dot4(oh, ow, px + at, xStep, xRow, py + at, yStep);
          v128.store(pw + at, f32x4.add(v128.load(pw + at), sum));
        }
        for (; k < c; k++) {
          const at = (<usize>k) << 2;
          f32.store(pw + at, f32.load(pw + at) + dot1(oh, ow, px + at, xStep, xRow, py + at, yStep));
        }
      }
    }
  }
}

/** sum_{y,x} in[y,x] * dy[y,x] for four channels. */
function dot4(oh: i32, ow: i32, x: usize, xStep: usize, xRow: usize, dy: usize, yStep: usize): v128 {
  let sum = f32x4.splat(0);
  for (let y = 0; y < oh; y++, x += xRow) {
    let row = f32x4.splat(0);
    let px = x;
    for (let i = 0; i < ow; i++, px += xStep, dy += yStep) {
      row = f32x4.add(row, f32x4.mul(v128.load(px), v128.load(dy)));
    }
    sum = f32x4.add(sum, row);
  }
  return sum;
}

function dot1(oh: i32, ow: i32, x: usize, xStep: usize, xRow: usize, dy: usize, yStep: usize): f32 {
  let sum: f32 = 0;
  for (let y = 0; y < oh; y++, x += xRow) {
    let row: f32 = 0;
    let px = x;
    for (let i = 0; i < ow; i++, px += xStep, dy += yStep) row += f32.load(px) * f32.load(dy);
    sum += row;
  }
  return sum;
}

/**
 * Copies `rows` x `run` floats of each of `batch` images, from rows `fromStep` floats apart and images `fromImage` apart:
 * pads into a cleared image, or cuts the padding off.
 */
export function f32_copy_window(
  batch: i32,
  rows: i32,
  run: i32,
  from: usize,
  fromStep: i32,
  fromImage: i32,
  to: usize,
  toStep: i32,
  toImage: i32,
): void {
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < rows; y++) {
      memory.copy(
        to + ((<usize>(b * toImage + y * toStep)) << 2),
        from + ((<usize>(b * fromImage + y * fromStep)) << 2),
        (<usize>run) << 2,
      );
    }
  }
}
