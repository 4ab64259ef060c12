/** Bytes that one contender cost to fetch, as the browser measured them (body as encoded on the wire). */
import { scripts } from '../engines/engine.js';
import type { RuntimeId } from '../runtimes.js';

export interface Transfer {
  runtime: number;
  model: number;
}

const lopper = (wasm: RegExp) => (path: string) => path === scripts.lopper || wasm.test(path);

/** Which paths belong to a runtime. */
const RUNTIME: Record<RuntimeId, (path: string) => boolean> = {
  lopper: lopper(/^\/wasm\/lopper-simd128(-full|-all)?\.wasm$/),
  'lopper-relaxed': lopper(/^\/wasm\/lopper-relaxed-simd\.wasm$/),
  'lopper-threads': lopper(/^\/(wasm\/lopper-.*-threads\.wasm|assets\/worker\.js)$/),
  reference: (path) => path === scripts.reference,
  'tfjs-wasm': (path) => path === scripts.tfjs || path.startsWith('/tfjs/'),
  'ort-web': (path) => path === scripts.ort || path.startsWith('/ort/'),
  server: () => false,
};

const sizes = new Map<string, number>();

/** Each address counts once, whoever asked first. */
new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as PerformanceResourceTiming[]) {
    const { pathname } = new URL(entry.name);
    sizes.set(pathname, Math.max(sizes.get(pathname) ?? 0, entry.encodedBodySize));
  }
}).observe({ type: 'resource', buffered: true });

const sum = (matches: (path: string) => boolean): number =>
  [...sizes].reduce((total, [path, bytes]) => total + (matches(path) ? bytes : 0), 0);

/** What has been fetched in this thread for a runtime, and for the model at `url` (a folder's files for a `model.json`). */
export function transferOf(runtime: RuntimeId, url?: string): Transfer {
  const path = url && new URL(url, location.href).pathname;
  const folder = path?.endsWith('/model.json') ? path.slice(0, -'model.json'.length) : undefined;
  return {
    runtime: sum(RUNTIME[runtime]),
    model: sum((fetched) => (folder ? fetched.startsWith(folder) : fetched === path)),
  };
}
