/** All that runs a `.lop`: the builds of the runtime, its threads, the portable reference, and the training forward. */
import { setFlagsFromString } from 'node:v8';
import type { Graph } from '../../src/graph/graph.js';
import type { Values } from '../../src/ops/op.js';
import type { PortableModel } from '../../src/reference/portable-model.js';
import { load } from '../../src/runtime/node.js';
import { NEEDS_FULL, Runtime, type Build } from '../assembly/harness.js';
import { joined, parts } from './batch.js';
import type { Bound } from './bounds.js';
import { sameBits } from './case.js';

export interface Model {
  graph: Graph;
  file: Uint8Array;
}

/** Runs models. What it promises decides what it is compared with: see check.ts. */
export interface Executor {
  readonly name: string;
  /**
   * Runs the samples in their order, `batch` of them a run, on one instance.
   * @returns of each sample the graph's outputs; undefined where this executor lacks an operator, or passes the model
   * @throws Refused, where the file is not taken for another reason
   */
  run(
    model: Model,
    samples: Values[][],
    batch: number,
  ): Promise<Values[][] | undefined> | Values[][] | undefined;
  /** The bits of the plain reference in f32 too. */
  readonly exact?: boolean;
  /** It has no memory of its own to plan and to leave in disorder: nodes are compared, once. */
  readonly nodesOnly?: boolean;
  /** Of operators that it, being no implementation of FORMAT.md, computes otherwise. */
  readonly bounds?: Readonly<Record<string, Bound>>;
}

export class Refused extends Error {}

export function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** A build through its ABI. */
export function wasm(build: Build): Executor {
  // Node 20 has relaxed SIMD behind a flag
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const runtime = new Runtime(build);
  return {
    name: build,
    run({ graph, file }, samples, batch) {
      const code = runtime.load(file, batch);
      if (code === NEEDS_FULL && build !== 'simd128-all') return undefined;
      if (code) throw new Refused(`error ${JSON.stringify(runtime.error())}`);
      return chunks(samples, batch).flatMap((some) =>
        parts(runtime.run(joined(some), graph.outputs.length), batch),
      );
    },
  };
}

/** Samples that threads run at once: enough that most nodes are worth splitting (assembly/session.ts). */
const MANY = 48;

/** Two threads, on a batch of copies of the samples. Where their build lacks an operator `load` takes one thread: another executor's. */
export function threads(build: 'simd128' | 'relaxed-simd'): Executor {
  return {
    name: `${build}-threads`,
    async run({ file }, samples) {
      const copies = Math.ceil(MANY / samples.length);
      const batch = copies * samples.length;
      const model = await load(file, { build, batch, threads: 2 });
      try {
        if (model.threads === 1) return undefined;
        const copied = Array.from({ length: copies }, () => samples).flat();
        const results = parts([...model.run(...joined(copied))], batch);
        results.forEach((outputs, i) => checkCopy(outputs, results[i % samples.length], i));
        return results.slice(0, samples.length);
      } finally {
        model.dispose();
      }
    },
  };
}

function checkCopy(outputs: Values[], first: Values[], sample: number): void {
  if (outputs.every((values, i) => sameBits(values, first[i]))) return;
  throw new Error(`sample ${sample} of the batch: expected the bits of its copy, got others`);
}

/** What engines without WebAssembly run: the bundle of `lopper/reference`. */
export async function portable(): Promise<Executor> {
  const url = new URL('../../dist/reference/lopper-reference.js', import.meta.url);
  const reference = (await import(url.href)) as {
    load(bytes: Uint8Array, options: { batch: number }): Promise<PortableModel>;
  };
  return {
    name: 'reference',
    exact: true,
    nodesOnly: true,
    async run({ file }, samples) {
      const model = await reference.load(file, { batch: samples.length });
      return parts([...model.run(...joined(samples))], samples.length);
    },
  };
}
