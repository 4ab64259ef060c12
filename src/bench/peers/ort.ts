/** onnxruntime (MLAS), in WebAssembly or native, as one of its users runs an ONNX model: one thread. */
import type * as ortWeb from 'onnxruntime-web';
import type { LopModel } from '../../format/index.js';
import type { PeerName } from './names.js';
import {
  importPeer,
  PeerAbsentError,
  startOnce,
  type LoadedModel,
  type OpenPeer,
  type Start,
} from './peer.js';

export type Ort = typeof ortWeb;

/** One package of onnxruntime, and how a session of it is made. */
export interface OrtPackage {
  /** Named in a warning where the package is absent. */
  peer: PeerName;
  /** Imports it and sets it to one thread. */
  import(): Promise<Ort>;
  options: ortWeb.InferenceSession.SessionOptions;
  /** Its version. */
  version(ort: Ort): string | undefined;
  /** Bytes in use now, where the runtime has no WebAssembly memory. */
  processBytes?(): number;
}

/** A model of one Relu: creating its session compiles the runtime and little else. */
const smallest: LopModel = {
  inputs: ['x'],
  outputs: ['y'],
  tensors: new Map(['x', 'y'].map((name) => [name, { name, shape: [1], dtype: 'f32' as const }])),
  weights: new Map(),
  nodes: [{ name: 'relu', op: 'relu', inputs: ['x'], outputs: ['y'], attributes: {}, weights: {} }],
  metadata: {},
};

/** The converters come with a package of their own, protobufjs. */
const importConverters = (peer: string) =>
  importPeer(peer, async () => ({
    ...(await import('../onnx/from-graph.js')),
    ...(await import('../onnx/from-int8-graph.js')),
  }));

/** The peers of one package share its start. */
export function createOrt(of: OrtPackage): { f32: OpenPeer; int8(peer: PeerName): OpenPeer } {
  const load = () => importPeer(of.peer, () => of.import());
  const start = startOnce(async () => {
    const ort = await load();
    const { graphToOnnx } = await importConverters(of.peer);
    const session = await ort.InferenceSession.create(graphToOnnx(smallest), of.options);
    await session.release();
  });
  const open = async (
    peer: PeerName,
    graph: LopModel,
    dtype: LoadedModel['dtype'],
    input: Float32Array,
    batch: number,
  ): Promise<LoadedModel> => {
    const ort = await load();
    const onnx = await importConverters(peer);
    const bytes = (dtype === 'int8' ? onnx.int8GraphToOnnx : onnx.graphToOnnx)(graph, batch);
    const before = of.processBytes?.() ?? 0;
    const started = await start();
    return openSession({ of, ort, onnx, peer, graph, dtype, input, batch, bytes, started, before });
  };
  return {
    f32: ({ graph }, input, batch) => open(of.peer, graph, 'f32', input, batch),
    int8: (peer) => (model, input, batch) => {
      if (model.int8) return open(peer, model.int8, 'int8', input, batch);
      throw new PeerAbsentError(`${peer}: this model has no int8 form to run`);
    },
  };
}

interface Session {
  of: OrtPackage;
  ort: Ort;
  onnx: Awaited<ReturnType<typeof importConverters>>;
  peer: PeerName;
  graph: LopModel;
  dtype: LoadedModel['dtype'];
  input: Float32Array;
  batch: number;
  bytes: Uint8Array;
  started: Start;
  before: number;
}

/** `run` makes a tensor, runs and reads the result's data. */
async function openSession(session: Session): Promise<LoadedModel> {
  const { of, ort, onnx, peer, graph, dtype, input, batch, bytes, started, before } = session;
  const begin = performance.now();
  const net = await ort.InferenceSession.create(bytes, of.options);
  const loadMs = started.ms + (performance.now() - begin);
  const { shape } = graph.tensors.get(graph.inputs[0])!;
  const outputShape = graph.tensors.get(graph.outputs[0])!.shape;
  const dims = onnx.onnxDims(shape, batch);
  const values = onnx.channelsFirst(input, shape, batch);
  const [inputName] = net.inputNames;
  const [outputName] = net.outputNames;
  let scores = new Float32Array(0);
  const run = async (): Promise<void> => {
    const results = await net.run({ [inputName]: new ort.Tensor('float32', values, dims) });
    scores = results[outputName].data as Float32Array<ArrayBuffer>;
  };
  const first = performance.now();
  await run();
  const firstMs = performance.now() - first;
  const grown = of.processBytes && Math.max(0, of.processBytes() - before);
  return {
    name: peer,
    engine: `${of.peer} ${of.version(ort)}`,
    dtype,
    run,
    loadMs,
    firstMs,
    memoryBytes: () => grown ?? started.memoryBytes(),
    output: () => onnx.channelsLast(scores, outputShape, batch),
    dispose: () => void net.release(),
  };
}
