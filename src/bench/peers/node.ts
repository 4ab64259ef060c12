/** The peers that Node can run. */
import { createOrt, type Ort } from './ort.js';
import type { Peers } from './peer.js';
import { loadLayers } from './tfjs/layers.js';
import { createTfjs, type Core } from './tfjs/peer.js';

/** Of a native runtime nothing else can be seen. */
const processBytes = (): number => process.memoryUsage.rss();

const ortWeb = createOrt({
  peer: 'ort-web',
  import: async () => {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    return ort;
  },
  options: { executionProviders: ['wasm'] },
  version: ({ env }) => env.versions.web,
});

const ortNode = createOrt({
  peer: 'ort-node',
  import: async () => (await import('onnxruntime-node')) as unknown as Ort,
  options: { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' },
  version: ({ env }) => env.versions.node,
  processBytes,
});

/** TensorFlow reads its thread counts when it is loaded. */
async function importTfjsNode(): Promise<Core> {
  process.env.TF_NUM_INTRAOP_THREADS = '1';
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.OMP_NUM_THREADS = '1';
  // Named so that the compiler does not look for an optional dependency.
  const name: string = '@tensorflow/tfjs-node';
  await import(name);
  return import('@tensorflow/tfjs-core');
}

export const NODE_PEERS: Peers = {
  'tfjs-wasm': createTfjs({
    peer: 'tfjs-wasm',
    backend: 'wasm',
    import: async () => {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      wasm.setThreadsCount(1);
      return import('@tensorflow/tfjs-core');
    },
    loadLayers,
  }),
  'ort-web': ortWeb.f32,
  'ort-web-int8': ortWeb.int8('ort-web-int8'),
  'ort-node': ortNode.f32,
  'tfjs-node': createTfjs({
    peer: 'tfjs-node',
    backend: 'tensorflow',
    import: importTfjsNode,
    loadLayers,
    processBytes,
  }),
};
