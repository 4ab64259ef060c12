/** Compares the runtime with the plain reference: int8 bit for bit, f32 within the bound of FORMAT.md, Arithmetic. */
import type { Test } from 'tap';
import { writeLop } from '../../src/format/index.js';
import { elements, type Graph } from '../../src/graph/graph.js';
import type { Values } from '../../src/ops/op.js';
import { runReference } from '../../src/reference/run.js';
import { SEED, type Random } from '../helpers/random.js';
import { BUILDS, NEEDS_FULL, Runtime } from './harness.js';
import { randomValues } from './models.js';

const runtimes = BUILDS.map((build) => new Runtime(build));

/** Loads and runs `graph` in all builds that can on `inputs`, random by default, twice and as a batch, and compares every output. */
export function compareWithReference(
  t: Test,
  what: string,
  graph: Graph,
  random: Random,
  bound?: Float64Array[],
  inputs = graph.inputs.map((name) => randomValues(graph.tensors.get(name)!, random)),
): void {
  const file = writeLop(graph);
  const want = runReference(graph, inputs);
  const limits = bound ?? floatBounds(graph, inputs);
  runtimes.forEach((runtime, b) => {
    const code = runtime.load(file);
    if (code === NEEDS_FULL && BUILDS[b] !== 'simd128-all') return;
    if (code) {
      t.fail(`${what}, ${BUILDS[b]}, SEED=${SEED}: refused`, { error: runtime.error() });
      return;
    }
    for (const run of ['first', 'second']) {
      const got = runtime.run(inputs, want.length);
      const worst = got.map((values, i) => difference(values, want[i], limits[i])).find((message) => message);
      t.notOk(worst, `${what}, ${BUILDS[b]}, ${run} run, SEED=${SEED}`);
    }
    if (BUILDS[b] === 'simd128-all') compareBatch(t, what, file, inputs, random);
  });
}

const BATCH = 3;

/** Samples of a batch give the bits that they give alone. */
function compareBatch(t: Test, what: string, file: Uint8Array, first: Values[], random: Random): void {
  const runtime = runtimes[BUILDS.indexOf('simd128-all')];
  const samples = [first, ...Array.from({ length: BATCH - 1 }, () => first.map((x) => shuffled(x, random)))];
  const outputs = (): number => {
    let count = 0;
    while (runtime.exports.describe(1, count)) count++;
    return count;
  };
  runtime.load(file);
  const count = outputs();
  const want = samples.map((inputs) => runtime.run(inputs, count));
  if (runtime.load(file, BATCH)) {
    t.fail(`${what}, batch, SEED=${SEED}: refused`, { error: runtime.error() });
    return;
  }
  const got = runtime.run(
    first.map((_, i) => joined(samples.map((inputs) => inputs[i]))),
    count,
  );
  const worst = got
    .map((values, i) => difference(values, joined(want.map((sample) => sample[i]))))
    .find((message) => message);
  t.notOk(worst, `${what}, batch of ${BATCH}, SEED=${SEED}`);
}

function shuffled(x: Values, random: Random): Values {
  const from = random.int(0, x.length - 1);
  return x.map((_, i) => x[(i + from) % x.length]);
}

function joined(parts: Values[]): Values {
  const all = parts.flatMap((part) => Array.from(part));
  return parts[0] instanceof Int8Array ? Int8Array.from(all) : Float32Array.from(all);
}

/** The first element beyond its bound, or the empty string. */
function difference(got: Values, want: Values, bound?: Float64Array): string {
  if (got.length !== want.length) return `expected ${want.length} values, got ${got.length}`;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i] - want[i]);
    const limit = bound ? bound[i] : 0;
    if (!(error <= limit) && !Object.is(got[i], want[i])) {
      return `element ${i} of ${want.length}: want ${want[i]}, got ${got[i]}, allowed difference ${limit}`;
    }
  }
  return '';
}

/** Both sides may be off by (n + 2) * 2^-24 * sum|a*b|; the sums are the reference's on magnitudes. One node. */
function floatBounds(graph: Graph, inputs: Values[]): (Float64Array | undefined)[] {
  const output = graph.tensors.get(graph.outputs[0])!;
  if (
    output.dtype !== 'f32' ||
    graph.nodes.length !== 1 ||
    graph.tensors.get(graph.inputs[0])!.dtype !== 'f32'
  ) {
    return graph.outputs.map(() => undefined);
  }
  const [node] = graph.nodes;
  const terms = node.weights.kernel ? elements(graph.weights.get(node.weights.kernel)!.shape.slice(1)) : 64;
  const magnitudes: Graph = {
    ...graph,
    weights: new Map(
      [...graph.weights].map(([name, weight]) => [
        name,
        { ...weight, data: Float32Array.from(weight.data, Math.abs) },
      ]),
    ),
    nodes: [{ ...node, attributes: withoutActivation(node.attributes) }],
  };
  const sums = runReference(
    magnitudes,
    inputs.map((x) => Float32Array.from(x, Math.abs)),
  );
  return sums.map((sum) => Float64Array.from(sum, (v) => 2 * (terms + 2) * 2 ** -24 * Math.abs(v)));
}

function withoutActivation(attributes: Graph['nodes'][0]['attributes']): Graph['nodes'][0]['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== 'activation'));
}
