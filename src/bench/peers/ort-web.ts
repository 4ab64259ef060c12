/** onnxruntime-web's WebAssembly backend (MLAS, f32), as one of its users runs an ONNX model. */
import { importPeer, startOnce, type DenseModel, type LoadedModel } from './peer.js';

const importOrt = () =>
  importPeer('ort-web', async () => ({
    ort: await import('onnxruntime-web'),
    onnx: await import('../onnx/from-graph.js'),
  }));

const OPTIONS = { executionProviders: ['wasm'] };

/** A model of one Relu: creating its session compiles the runtime and little else. */
const smallest = {
  inputs: ['x'],
  outputs: ['y'],
  tensors: new Map(['x', 'y'].map((name) => [name, { name, shape: [1], dtype: 'f32' as const }])),
  weights: new Map(),
  nodes: [{ name: 'relu', op: 'relu', inputs: ['x'], outputs: ['y'], attributes: {}, weights: {} }],
  metadata: {},
};

const start = startOnce(async () => {
  const { ort, onnx } = await importOrt();
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(onnx.graphToOnnx(smallest), OPTIONS);
  await session.release();
});

/** Writes `model` as ONNX and loads it on one thread; `run` makes a tensor, runs and reads the result's data. */
export async function openOrtWeb(model: DenseModel, input: Float32Array): Promise<LoadedModel> {
  const { ort, onnx } = await importOrt();
  const bytes = onnx.graphToOnnx(model.graph);
  const started = await start();
  const begin = performance.now();
  const session = await ort.InferenceSession.create(bytes, OPTIONS);
  const loadMs = started.ms + (performance.now() - begin);
  const { shape } = model.graph.tensors.get(model.graph.inputs[0])!;
  const dims = onnx.onnxDims(shape);
  const values = onnx.channelsFirst(input, shape);
  const [inputName] = session.inputNames;
  const [outputName] = session.outputNames;
  let scores = new Float32Array(0);
  const run = async (): Promise<void> => {
    const results = await session.run({ [inputName]: new ort.Tensor('float32', values, dims) });
    scores = results[outputName].data as Float32Array<ArrayBuffer>;
  };
  const first = performance.now();
  await run();
  return {
    name: 'ort-web',
    engine: `ort-web ${ort.env.versions.web}`,
    run,
    loadMs,
    firstMs: performance.now() - first,
    memoryBytes: started.memoryBytes,
    output: () => scores,
    dispose: () => void session.release(),
  };
}
