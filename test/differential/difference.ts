import type { Values } from '../../src/ops/op.js';

/** The element that is furthest beyond its bound. */
export interface Difference {
  element: number;
  of: number;
  want: number;
  got: number;
  bound: number;
}

const LARGEST = 3.4028234663852886e38;

/** Error as a share of its bound: 0 for the same number, Infinity where there is none of the two. */
function shareOf(got: number, want: number, bound: number): number {
  if (Object.is(got, want) || bound === Infinity) return 0;
  // what rounds beyond f32 may be the greatest f32, and the other way round
  const [g, w] = bound > 0 ? [got, want].map((v) => Math.max(-LARGEST, Math.min(LARGEST, v))) : [got, want];
  const error = Math.abs(g - w);
  if (error === 0) return 0;
  return error / bound || Infinity;
}

/**
 * @param bounds of each element; undefined: to the bit, but for the sign of zeros where `anyZero`
 * @returns the worst share of a bound, and where it is beyond 1 the element
 */
export function compare(
  got: Values,
  want: Values,
  bounds: Float64Array | undefined,
  anyZero: boolean,
): { share: number; difference?: Difference } {
  if (got.length !== want.length) {
    const lengths = { element: -1, of: want.length, want: want.length, got: got.length, bound: 0 };
    return { share: Infinity, difference: lengths };
  }
  let share = 0;
  let element = 0;
  for (let i = 0; i < want.length; i++) {
    let next = shareOf(got[i], want[i], bounds?.[i] ?? 0);
    if (!bounds && !anyZero && got[i] === want[i] && !Object.is(got[i], want[i])) next = Infinity;
    if (next > share) [share, element] = [next, i];
  }
  if (share <= 1) return { share };
  const difference = {
    element,
    of: want.length,
    want: want[element],
    got: got[element],
    bound: bounds?.[element] ?? 0,
  };
  return { share, difference };
}
