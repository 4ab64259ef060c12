// One model in a process of its own: `node scripts/zoo/measure.mjs <model.json> <options>` prints one JSON line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { importModel, prepareForExport } from '../../dist/compress/index.js';
import { writeLop } from '../../dist/format/index.js';
import { load } from '../../dist/runtime/node.js';

const [path, text] = process.argv.slice(2);
const options = JSON.parse(text);
const result = {};

/** Beyond this, tfjs' own backends are compared with each other. */
const TOLERANCE = 1e-4;

/** Numbers between 0 and 1, the same on every machine (mulberry32). */
function noise(length, seed = 1) {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  });
}

const elements = (shape) => shape.reduce((a, b) => a * b, 1);

async function openTfjs() {
  const tf = await import('@tensorflow/tfjs');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const require = createRequire(import.meta.url);
  wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  await tf.setBackend('wasm');
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const groups = json.weightsManifest;
  const data = groups.flatMap(({ paths }) => paths.map((file) => readFileSync(join(dirname(path), file))));
  const artifacts = {
    ...json,
    weightSpecs: groups.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(Buffer.concat(data)).buffer,
  };
  const handler = { load: async () => artifacts };
  const isGraph = json.modelTopology.node !== undefined;
  return { tf, isGraph, model: await (isGraph ? tf.loadGraphModel(handler) : tf.loadLayersModel(handler)) };
}

/** tfjs' outputs in the order of the graph's. Kernels that its wasm backend lacks run on the cpu one. */
async function runTfjs(graph, inputs) {
  const { tf, isGraph, model } = await openTfjs();
  const run = async () => {
    const feeds = graph.inputs.map((name, i) => {
      const given = model.inputs.find((input) => input.name.split(':')[0] === name || !isGraph);
      const { shape } = graph.tensors.get(name);
      const dims = given.shape && given.shape.length === shape.length ? shape : [1, ...shape];
      return [name, tf.tensor(inputs[i], dims, given.dtype === 'int32' ? 'int32' : 'float32')];
    });
    for (const [name, value] of Object.entries(options.inputValues ?? {}))
      feeds.push([name, tf.tensor(value)]);
    const outputs = isGraph
      ? await model.executeAsync(Object.fromEntries(feeds), graph.outputs)
      : model.predict(feeds.map(([, tensor]) => tensor));
    return [outputs].flat().map((output) => Float32Array.from(output.dataSync()));
  };
  const onCpu = async () => {
    await tf.setBackend('cpu');
    return run();
  };
  try {
    return { backend: 'wasm', outputs: await run(), onCpu };
  } catch (error) {
    if (!/not registered|not (yet )?supported|not implemented/i.test(error.message)) throw error;
    return { backend: 'cpu', outputs: await onCpu() };
  }
}

async function measure() {
  const baseline = process.resourceUsage().maxRSS;
  const started = performance.now();
  const graph = await importModel(path, options);
  result.import_ms = Math.round(performance.now() - started);
  result.params = [...graph.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  result.peak_bytes = (process.resourceUsage().maxRSS - baseline) * 1024;
  result.nodes = graph.nodes.length;
  const bytes = writeLop(prepareForExport(graph), { entropy: false });
  result.file_bytes = bytes.length;
  const model = await load(bytes);
  const { node: nodes = [] } = JSON.parse(readFileSync(path, 'utf8')).modelTopology;
  const isPixels = (name) => /INT/.test(nodes.find((node) => node.name === name)?.attr?.dtype?.type);
  const inputs = graph.inputs.map((name, i) => {
    const values = noise(elements(graph.tensors.get(name).shape), i + 1);
    return isPixels(name) ? values.map((value) => Math.floor(value * 256)) : values;
  });
  const got = model.run(...inputs).map((values) => values.slice());
  const { backend, outputs: want, onCpu } = await runTfjs(graph, inputs);
  result.backend = backend;
  result.outputs = graph.outputs.map((name, i) => ({ name, ...compare(got[i], want[i]) }));
  result.worst = worstOf(result.outputs);
  if (result.worst <= TOLERANCE || !onCpu) return;
  // what f32 sums in another order change in this model
  const other = await onCpu();
  result.spread = worstOf(want.map((values, i) => compare(other[i], values)));
}

/** Of the largest number of each output. */
function worstOf(outputs) {
  return Math.max(...outputs.map(({ difference, largest }) => difference / (largest || 1)));
}

function compare(got, want) {
  if (got.length !== want.length) throw new Error(`expected ${want.length} values, got ${got.length}`);
  let [difference, largest] = [0, 0];
  want.forEach((value, i) => {
    difference = Math.max(difference, Number.isNaN(got[i] - value) ? Infinity : Math.abs(got[i] - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return { difference, largest };
}

try {
  await measure();
} catch (error) {
  result.error = error.message.slice(0, 500);
  result.missing = [...new Set((error.faults ?? []).map(({ op }) => op))];
  if (!error.faults?.length) result.stack = error.stack.split('\n').slice(0, 6).join('\n');
}
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
