/** The peers that a browser can run; the server of `browser/serve.ts` has their WebAssembly under these addresses. */
import { createOrt } from './ort.js';
import type { Peers } from './peer.js';
import { createTfjs } from './tfjs/peer.js';

const ortWeb = createOrt({
  peer: 'ort-web',
  import: async () => {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: '/ort/ort-wasm-simd-threaded.wasm' };
    return ort;
  },
  options: { executionProviders: ['wasm'] },
  version: ({ env }) => env.versions.web,
});

export const BROWSER_PEERS: Peers = {
  'tfjs-wasm': createTfjs({
    peer: 'tfjs-wasm',
    backend: 'wasm',
    import: async () => {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      wasm.setWasmPaths('/tfjs/');
      wasm.setThreadsCount(1);
      return import('@tensorflow/tfjs-core');
    },
  }),
  'ort-web': ortWeb.f32,
  'ort-web-int8': ortWeb.int8('ort-web-int8'),
};
