/** One written form of each digit, as strokes of points in a unit square: the keyboard's way to draw. */

export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];

/** Points on an ellipse from angle `from` to `to`, in turns clockwise from the right. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.ceil(Math.abs(to - from) * 32);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });
}

/** Strokes of the digits 0 to 9. */
export const SAMPLES: readonly (readonly Stroke[])[] = [
  [arc(0.5, 0.5, 0.21, 0.33, -0.25, 0.75)],
  [
    [
      [0.54, 0.16],
      [0.49, 0.5],
      [0.46, 0.84],
    ],
  ],
  [[...arc(0.5, 0.34, 0.19, 0.18, -0.45, 0.1), [0.3, 0.8], [0.74, 0.8]]],
  [[...arc(0.48, 0.33, 0.18, 0.17, -0.42, 0.22), ...arc(0.48, 0.66, 0.21, 0.18, -0.22, 0.42)]],
  [
    [
      [0.36, 0.18],
      [0.29, 0.52],
      [0.72, 0.52],
    ],
    [
      [0.66, 0.2],
      [0.6, 0.86],
    ],
  ],
  [[[0.7, 0.18], [0.37, 0.18], [0.34, 0.48], ...arc(0.48, 0.64, 0.2, 0.19, -0.28, 0.4)]],
  [[[0.62, 0.14], [0.45, 0.32], [0.36, 0.52], ...arc(0.5, 0.66, 0.16, 0.18, -0.5, 0.52)]],
  [
    [
      [0.27, 0.2],
      [0.72, 0.2],
      [0.6, 0.45],
      [0.48, 0.84],
    ],
  ],
  [[...arc(0.5, 0.33, 0.15, 0.16, 0.25, 1.25), ...arc(0.5, 0.67, 0.18, 0.18, -0.25, 0.75)]],
  [[...arc(0.5, 0.35, 0.17, 0.17, 0, -1), [0.66, 0.5], [0.6, 0.86]]],
];
