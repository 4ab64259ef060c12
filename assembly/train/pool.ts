// Gradients of pooling, NHWC. dx is cleared by the caller.

/**
 * dx at the first maximum of each window += dy. A window where nothing exceeds -infinity passes nothing on.
 */
export function f32_maxpool_grad(
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
  top: i32,
  left: i32,
  dx: usize,
): void {
  for (let b = 0; b < batch; b++) {
    const image = (<usize>(b * height * width * c)) << 2;
    for (let y = 0; y < oh; y++) {
      const u0 = max(0, y * sh - top);
      const u1 = min(height, y * sh - top + kh);
      for (let z = 0; z < ow; z++, dy += (<usize>c) << 2) {
        const v0 = max(0, z * sw - left);
        const v1 = min(width, z * sw - left + kw);
        maxima(width, c, u0, u1, v0, v1, x + image, dy, dx + image);
      }
    }
  }
}

/** One window: rows u0..u1, columns v0..v1, all channels. Places are byte offsets of channel 0 of four. */
function maxima(
  width: i32,
  c: i32,
  u0: i32,
  u1: i32,
  v0: i32,
  v1: i32,
  x: usize,
  dy: usize,
  dx: usize,
): void {
  let k = 0;
  for (; k + 4 <= c; k += 4) {
    let best = f32x4.splat(-Infinity);
    let place = i32x4.splat(-1);
    for (let u = u0; u < u1; u++) {
      let at = ((u * width + v0) * c + k) << 2;
      for (let v = v0; v < v1; v++, at += c << 2) {
        const value = v128.load(x + <usize>at);
        const more = f32x4.gt(value, best);
        best = v128.bitselect(value, best, more);
        place = v128.bitselect(i32x4.splat(at), place, more);
      }
    }
    const from = dy + ((<usize>k) << 2);
    addAt(dx, i32x4.extract_lane(place, 0), 0, from);
    addAt(dx, i32x4.extract_lane(place, 1), 4, from);
    addAt(dx, i32x4.extract_lane(place, 2), 8, from);
    addAt(dx, i32x4.extract_lane(place, 3), 12, from);
  }
  for (; k < c; k++) {
    let best: f32 = -Infinity;
    let place = -1;
    for (let u = u0; u < u1; u++) {
      let at = ((u * width + v0) * c + k) << 2;
      for (let v = v0; v < v1; v++, at += c << 2) {
        const value = f32.load(x + <usize>at);
        if (value > best) {
          best = value;
          place = at;
        }
      }
    }
    addAt(dx, place, 0, dy + ((<usize>k) << 2));
  }
}

function addAt(dx: usize, place: i32, lane: usize, dy: usize): void {
  if (place < 0) return;
  const to = dx + <usize>place + lane;
  f32.store(to, f32.load(to) + f32.load(dy + lane));
}

/** dx of each pixel of a window += dy * factor. */
export function f32_avgpool_grad(
  batch: i32,
  height: i32,
  width: i32,
  c: i32,
  oh: i32,
  ow: i32,
  dy: usize,
  kh: i32,
  kw: i32,
  sh: i32,
  sw: i32,
  top: i32,
  left: i32,
  factor: f32,
  dx: usize,
): void {
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < oh; y++) {
      const u0 = max(0, y * sh - top);
      const u1 = min(height, y * sh - top + kh);
      for (let z = 0; z < ow; z++, dy += (<usize>c) << 2) {
        const v0 = max(0, z * sw - left);
        const v1 = min(width, z * sw - left + kw);
        for (let u = u0; u < u1; u++) {
          for (let v = v0; v < v1; v++) {
            addScaled(c, dy, factor, dx + ((<usize>(((b * height + u) * width + v) * c)) << 2));
          }
        }
      }
    }
  }
}

function addScaled(c: i32, from: usize, factor: f32, to: usize): void {
  const factors = f32x4.splat(factor);
  let k = 0;
  for (; k + 4 <= c; k += 4, from += 16, to += 16) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(from), factors)));
  }
  for (; k < c; k++, from += 4, to += 4) f32.store(to, f32.load(to) + f32.load(from) * factor);
}
