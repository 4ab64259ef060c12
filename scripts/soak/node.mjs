// The soak in this process.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { load } from '../../dist/runtime/node.js';
import { descriptorCount, residentBytes, threadCount, virtualBytes } from './processes.mjs';
import { Work } from './work.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

export async function openNode(files) {
  const work = new Work(load, files);
  await work.open();
  return {
    engine: `Node ${process.versions.node}`,
    infer: (from, to) => work.infer(from, to),
    cycle: (from, to) => work.cycle(from, to),
    isUnchanged: () => work.isUnchanged(),
    measure: async () => {
      // Each WebAssembly memory reserves about 10 GB of addresses until it is collected, which the engine is in no hurry to do: what stays is what counts.
      collect();
      await turn();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return {
        rss_bytes: residentBytes(process.pid),
        virtual_bytes: virtualBytes(process.pid),
        heap_bytes: heapUsed,
        external_bytes: external,
        array_buffer_bytes: arrayBuffers,
        wasm_bytes: work.wasmBytes,
        threads: threadCount(process.pid),
        descriptors: descriptorCount(process.pid),
        handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
      };
    },
    close: async () => work.close(),
  };
}
