import { dot_add } from './arithmetic';

/** The yardstick of src/bench/kernels.ts: iterations x 8 dots and adds on registers, 128 operations each 16 pixels. */
export function qs8_peak(iterations: i32, x: usize, w: usize, y: usize): void {
  const p = v128.load8x8_s(x);
  const q = v128.load8x8_s(x, 8);
  const r = v128.load8x8_s(x, 16);
  const s = v128.load8x8_s(x, 24);
  let k = v128.load(w);
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (; iterations > 0; iterations--) {
    a = dot_add(a, p, k);
    b = dot_add(b, q, k);
    c = dot_add(c, r, k);
    d = dot_add(d, s, k);
    k = v128.load(w);
    e = dot_add(e, p, k);
    f = dot_add(f, q, k);
    g = dot_add(g, r, k);
    h = dot_add(h, s, k);
  }
  v128.store(
    y,
    i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h))),
  );
}
