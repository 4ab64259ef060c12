import { load, type TensorInfo, type Values } from '../../../runtime/index.js';
import type { Engine, EngineScript } from './engine.js';

/** Real values as the network's int8. */
function quantize(input: Float32Array, { scale, zeroPoint }: TensorInfo): Int8Array {
  return Int8Array.from(input, (value) =>
    Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint)),
  );
}

function dequantize(values: Values, { scale, zeroPoint }: TensorInfo): Float32Array {
  return Float32Array.from(values, (value) => scale * (value - zeroPoint));
}

/** A `.lop` on Lopper's runtime, as a device app would load it. */
export const open: EngineScript['open'] = async ({ url, bytes }, { build, threads }): Promise<Engine> => {
  const model = await load(bytes ?? new URL(url!, location.href), { build, threads });
  const [from] = model.inputs;
  const [to] = model.outputs;
  const takes = from.dtype === 'i8' ? (input: Float32Array) => quantize(input, from) : null;
  const run = (input: Float32Array): Values => model.run(takes ? takes(input) : input)[0];
  return {
    run: to.dtype === 'i8' ? (input) => dequantize(run(input), to) : run,
    memoryBytes: () => model.memoryBytes,
    note: `${model.build}${model.threads > 1 ? `, ${model.threads} threads` : ''}`,
    profile: (runs) => model.profile(runs),
    dispose: () => model.dispose(),
  };
};
