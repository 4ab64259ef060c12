// Sparse matrix times f32 channel planes. Programs: docs/runtime.md. Both kernels read, for each entry,
// 4 * (pixels rounded up to 16) bytes at x + offset, and write as many at each y.
import { clamp_f32, multiply_add } from './arithmetic';

/**
 * y[p] = clamp(bias + sum_k w[k] * x[p + offset[k]]), one output channel; depthwise convolution is this program too.
 * pixels >= 1, in tiles of 16; returns the end of the program. Tiles of 32 are a third slower: V8 loads all eight
 * vectors first, runs out of registers and keeps an accumulator on the stack (src/bench/kernels.ts).
 */
export function f32_spmm_1x1(pixels: i32, x: usize, w: usize, y: usize, lo: f32, hi: f32): usize {
  const list = w + 8;
  const end = list + ((<usize>load<u32>(w)) << 3);
  const lows = f32x4.splat(lo);
  const highs = f32x4.splat(hi);
  for (; pixels > 0; pixels -= 16, x += 64, y += 64) {
    let a = v128.load32_splat(w, 4);
    let b = a;
    let c = a;
    let d = a;
    for (let entry = list; entry < end; entry += 8) {
      const at = x + load<i32>(entry);
      const k = v128.load32_splat(entry, 4);
      a = multiply_add(v128.load(at), k, a);
      b = multiply_add(v128.load(at, 16), k, b);
      c = multiply_add(v128.load(at, 32), k, c);
      d = multiply_add(v128.load(at, 48), k, d);
    }
    v128.store(y, clamp_f32(a, lows, highs));
    v128.store(y, clamp_f32(b, lows, highs), 16);
    v128.store(y, clamp_f32(c, lows, highs), 32);
    v128.store(y, clamp_f32(d, lows, highs), 48);
  }
  return end;
}

/**
 * y0[p], y1[p] = clamp(bias[o] + sum_k w[o,k] * x[p + offset[k]]), two output channels, one list.
 * pixels >= 1, in tiles of 16; returns the end of the program.
 */
export function f32_spmm_2x1(pixels: i32, x: usize, w: usize, y0: usize, y1: usize, lo: f32, hi: f32): usize {
  const list = w + 12;
  const end = list + <usize>load<u32>(w) * 12;
  const lows = f32x4.splat(lo);
  const highs = f32x4.splat(hi);
  for (; pixels > 0; pixels -= 16, x += 64, y0 += 64, y1 += 64) {
    let a0 = v128.load32_splat(w, 4);
    let b0 = a0;
    let c0 = a0;
    let d0 = a0;
    let a1 = v128.load32_splat(w, 8);
    let b1 = a1;
    let c1 = a1;
    let d1 = a1;
    for (let entry = list; entry < end; entry += 12) {
      const at = x + load<i32>(entry);
      const k0 = v128.load32_splat(entry, 4);
      const k1 = v128.load32_splat(entry, 8);
      const p = v128.load(at);
      a0 = multiply_add(p, k0, a0);
      a1 = multiply_add(p, k1, a1);
      const q = v128.load(at, 16);
      b0 = multiply_add(q, k0, b0);
      b1 = multiply_add(q, k1, b1);
      const r = v128.load(at, 32);
      c0 = multiply_add(r, k0, c0);
      c1 = multiply_add(r, k1, c1);
      const s = v128.load(at, 48);
      d0 = multiply_add(s, k0, d0);
      d1 = multiply_add(s, k1, d1);
    }
    v128.store(y0, clamp_f32(a0, lows, highs));
    v128.store(y0, clamp_f32(b0, lows, highs), 16);
    v128.store(y0, clamp_f32(c0, lows, highs), 32);
    v128.store(y0, clamp_f32(d0, lows, highs), 48);
    v128.store(y1, clamp_f32(a1, lows, highs));
    v128.store(y1, clamp_f32(b1, lows, highs), 16);
    v128.store(y1, clamp_f32(c1, lows, highs), 32);
    v128.store(y1, clamp_f32(d1, lows, highs), 48);
  }
  return end;
}
