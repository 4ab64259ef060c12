/** A network's size and accuracy. */
export interface Point {
  name: string;
  bytes: number;
  /** In [0, 1]. */
  accuracy: number;
}

/** Those that no other beats: smaller ones are less accurate. By size. */
export function paretoFront<P extends Pick<Point, 'bytes' | 'accuracy'>>(points: readonly P[]): P[] {
  const sorted = points.toSorted((a, b) => a.bytes - b.bytes || b.accuracy - a.accuracy);
  let best = -Infinity;
  return sorted.filter(({ accuracy }) => {
    if (accuracy <= best) return false;
    best = accuracy;
    return true;
  });
}
