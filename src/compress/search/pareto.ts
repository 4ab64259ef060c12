/** A point of which less is better in every coordinate. */
export type Point = readonly number[];

/** True where `a` is nowhere worse than `b` and somewhere better. */
export function dominates(a: Point, b: Point): boolean {
  return a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
}

/** The items that none other dominates, in ascending order of the first coordinate; of equal points the first stays. */
export function paretoFront<T>(items: readonly T[], pointOf: (item: T) => Point): T[] {
  const points = items.map(pointOf);
  return items
    .map((item, index) => ({ item, index, point: points[index] }))
    .filter(({ point, index }) =>
      points.every((other, j) => !dominates(other, point) && !(j < index && `${other}` === `${point}`)),
    )
    .sort((a, b) => a.point[0] - b.point[0])
    .map(({ item }) => item);
}
