/** Bytes that one side cost to fetch, as the browser measured them (body as encoded on the wire). */
export interface Transfer {
  runtime: number;
  model: number;
}

export type Side = 'lopper' | 'tfjs';

/** What both bundles share counts for each. */
const RUNTIME: Record<Side, RegExp> = {
  lopper: /^\/(assets\/(lopper|chunk-\w+)\.js|wasm\/.*\.wasm)$/,
  tfjs: /^\/(assets\/(tfjs|chunk-\w+)\.js|tfjs\/.*\.wasm)$/,
};
const MODEL: Record<Side, (name: string) => string> = {
  lopper: (name) => `/models/${name}/model.lop`,
  tfjs: (name) => `/models/${name}/dense/`,
};

/** What has been fetched for `side` and the model called `name`; each address counts once. */
export function transferOf(side: Side, name: string): Transfer {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const sizes = new Map<string, number>();
  for (const entry of entries) {
    const path = new URL(entry.name).pathname;
    sizes.set(path, Math.max(sizes.get(path) ?? 0, entry.encodedBodySize));
  }
  const sum = (matches: (path: string) => boolean): number =>
    [...sizes].reduce((total, [path, bytes]) => total + (matches(path) ? bytes : 0), 0);
  return {
    runtime: sum((path) => RUNTIME[side].test(path)),
    model: sum((path) => path.startsWith(MODEL[side](name))),
  };
}
