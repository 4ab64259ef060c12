/** max_pool2d, avg_pool2d, global_max_pool2d, global_avg_pool2d. */
import { image, type Step } from './step.js';

const windowed: Step = (draft, op) => {
  const { random: r } = draft;
  const x = image(draft);
  const pads = Array.from({ length: 4 }, () => r.pick([0, 0, 0, 1, 2]));
  const size = [0, 1].map((axis) => {
    const least = Math.max(pads[axis], pads[axis + 2]) + 1;
    const room = x.shape[axis] + pads[axis] + pads[axis + 2];
    return Math.min(room, Math.max(least, r.pick([1, 2, 2, 3, 5])));
  });
  const strides = [r.pick([1, 2, 2, 3]), r.pick([1, 2, 2, 3])];
  return draft.node(op, [x], { attributes: { size, strides, pads } });
};

const whole: Step = (draft, op) => draft.node(op, [image(draft)]);

export const pools: Record<string, Step> = {
  max_pool2d: windowed,
  avg_pool2d: windowed,
  global_max_pool2d: whole,
  global_avg_pool2d: whole,
};
