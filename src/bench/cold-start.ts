/** One cold start of one runtime, in this process; prints a JSON object. `cold.ts` runs it. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { load } from '../runtime/node.js';
import { buildArchitecture } from './architectures/index.js';
import { openLopper } from './lopper.js';
import { blockOf, runMain, sparsityOf } from './main.js';
import { NODE_PEERS } from './peers/node.js';
import type { PeerName } from './peers/names.js';
import type { LoadedModel } from './peers/peer.js';
import { drawWeights, makeVariant, quantizeModel, randomInput } from './synthetic/index.js';

export interface ColdStart {
  load_ms: number;
  first_ms: number;
  memory_bytes: number;
}

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'lopper' },
    arch: { type: 'string', default: 'mobilenet-v1-1.0-224' },
    sparsity: { type: 'string', default: '0.9' },
    block: { type: 'string', default: '2x2' },
  },
});
const { runtime, arch } = values;

async function startLopper(input: Float32Array): Promise<LoadedModel> {
  const block = blockOf('block', values.block);
  const variant = { dtype: 'int8', sparsity: sparsityOf('sparsity', values.sparsity), block } as const;
  const { bytes } = makeVariant(arch, variant, 1);
  const wasm = readFileSync(new URL('../wasm/lopper-simd128.wasm', import.meta.url));
  return openLopper(load, bytes, input, 'int8', { wasm, build: 'simd128' });
}

async function startPeer(input: Float32Array): Promise<LoadedModel> {
  const open = NODE_PEERS[runtime as PeerName];
  if (!open)
    throw new RangeError(
      `--runtime: expected lopper or ${Object.keys(NODE_PEERS).join(', ')}, got ${runtime}`,
    );
  const graph = drawWeights(buildArchitecture(arch), { seed: 1 });
  return open({ graph, int8: quantizeModel(graph) }, input, 1);
}

async function main(): Promise<void> {
  const empty = buildArchitecture(arch);
  const length = empty.tensors.get(empty.inputs[0])!.shape.reduce((all, dim) => all * dim, 1);
  const input = randomInput(length, 1);
  const loaded = await (runtime === 'lopper' ? startLopper(input) : startPeer(input));
  const cold: ColdStart = {
    load_ms: loaded.loadMs,
    first_ms: loaded.firstMs,
    memory_bytes: loaded.memoryBytes(),
  };
  // Peers keep handles open.
  process.stdout.write(`${JSON.stringify(cold)}\n`, () => process.exit(0));
}

await runMain(main);
