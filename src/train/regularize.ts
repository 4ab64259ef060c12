import { inLayout, isKernel, type Parameter } from './parameters.js';

/** Penalties on kernels (not biases or norms), added to the loss. All at least 0, default 0. */
export interface RegularizeOptions {
  /** `l1 * sum |w|` (Tibshirani 1996). */
  l1?: number;
  /** `l2 * sum w^2`. */
  l2?: number;
  /** `group * sum_g sqrt(|g|) * ||w_g||_2` (Yuan and Lin 2006), over groups g of |g| weights. */
  group?: number;
  /** Group of each weight, by name, in the graph's layout: 0, 1, ...; a kernel that is not here has no groups. */
  groups?: ReadonlyMap<string, Int32Array>;
}

/** Adds the gradient of the smooth penalty: `2 * l2 * w`. */
export function addPenaltyGradient(
  { role, values }: Parameter,
  gradient: Float32Array,
  { l2 = 0 }: RegularizeOptions,
): void {
  if (l2 === 0 || !isKernel(role)) return;
  for (let i = 0; i < values.length; i++) gradient[i] += 2 * l2 * values[i];
}

/**
 * The proximal step of the penalties that are not smooth at 0 (Parikh and Boyd 2014, sections 6.5.2 and 6.5.4), after a step of `rate`: weights become exactly
 * 0, which no subgradient gives, and an optimizer that scales gradients (Adam) does not scale the penalty.
 */
export function shrink(parameter: Parameter, rate: number, options: RegularizeOptions): void {
  if (!isKernel(parameter.role)) return;
  const { l1 = 0, group = 0, groups } = options;
  const ids = groups?.get(parameter.name);
  if (l1 > 0) shrinkWeights(parameter.values, rate * l1);
  if (group > 0 && ids) shrinkGroups(parameter.values, inLayout(parameter, ids), rate * group);
}

/** `sign(w) * max(0, |w| - by)` */
function shrinkWeights(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++)
    values[i] = Math.sign(values[i]) * Math.max(0, Math.abs(values[i]) - by);
}

/** `w_g * max(0, 1 - by * sqrt(|g|) / ||w_g||)` */
function shrinkGroups(values: Float32Array, ids: Int32Array, by: number): void {
  const count = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  const [squares, sizes] = [new Float64Array(count), new Uint32Array(count)];
  values.forEach((w, i) => {
    squares[ids[i]] += w * w;
    sizes[ids[i]]++;
  });
  const factors = squares.map((square, g) =>
    square > 0 ? Math.max(0, 1 - by * Math.sqrt(sizes[g] / square)) : 0,
  );
  for (let i = 0; i < values.length; i++) values[i] *= factors[ids[i]];
}
