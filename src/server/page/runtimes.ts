/** What can run a model on this page, and where it cannot, why not. */
import { pickBuild } from '../../runtime/module.js';
import type { PageModel } from './api.js';
import { scripts } from './engines/engine.js';

export type RuntimeId =
  'lopper' | 'lopper-relaxed' | 'lopper-threads' | 'reference' | 'tfjs-wasm' | 'ort-web' | 'server';

/** The id that stands for the dense original among a model's versions. */
export const DENSE = 'dense';

export interface Runtime {
  id: RuntimeId;
  title: string;
  /** What it runs: `.lop` files, or the dense original as it came. */
  runs: 'lop' | 'dense';
  /** Why it cannot run this model here; undefined where it can. */
  lacks(model: PageModel): string | undefined;
}

const CORES = navigator.hardwareConcurrency || 1;
/** Threads that `lopper-threads` asks for: more than four bring little to networks of this size. */
export const THREADS = Math.max(2, Math.min(4, CORES));

function hasRelaxed(): boolean {
  try {
    return pickBuild('relaxed-simd') === 'relaxed-simd';
  } catch {
    return false;
  }
}

const relaxed = hasRelaxed();

export const RUNTIMES: readonly Runtime[] = [
  { id: 'lopper', title: 'Lopper', runs: 'lop', lacks: () => undefined },
  {
    id: 'lopper-relaxed',
    title: 'Lopper, relaxed SIMD',
    runs: 'lop',
    lacks: () => (relaxed ? undefined : 'this browser has no relaxed SIMD'),
  },
  {
    id: 'lopper-threads',
    title: `Lopper, ${THREADS} threads`,
    runs: 'lop',
    lacks: () => (crossOriginIsolated ? undefined : 'the page is not cross-origin isolated'),
  },
  {
    id: 'reference',
    title: 'Plain JavaScript',
    runs: 'lop',
    lacks: () => (scripts.reference ? undefined : 'not part of this build'),
  },
  {
    id: 'server',
    title: 'On the server',
    runs: 'lop',
    lacks: ({ own }) => (own ? 'the server does not keep this model' : undefined),
  },
  {
    id: 'tfjs-wasm',
    title: 'TensorFlow.js',
    runs: 'dense',
    lacks: ({ dense }) =>
      dense?.format === 'tfjs-layers' ? undefined : 'the original is not a TensorFlow.js layers-model',
  },
  {
    id: 'ort-web',
    title: 'ONNX Runtime Web',
    runs: 'dense',
    lacks: ({ dense }) => {
      if (!scripts.ort) return 'onnxruntime-web was not installed at build time';
      return dense?.onnx ? undefined : 'this server has no onnxruntime-web, or no ONNX of the original';
    },
  },
];

export const runtimeOf = (id: RuntimeId): Runtime => RUNTIMES.find((runtime) => runtime.id === id)!;

/** Those for the dense original, or for a `.lop`. */
export const runtimesFor = (version: string): Runtime[] =>
  RUNTIMES.filter(({ runs }) => (runs === 'dense') === (version === DENSE));
