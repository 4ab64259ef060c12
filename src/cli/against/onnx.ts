/** onnxruntime: its native package where it is installed, else its WebAssembly. */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { fillInput } from '../../preprocess/index.js';
import { joined, type Executor, type Values } from '../support/executor.js';
import { optionalPackage } from './engine.js';
import { readFile } from 'node:fs/promises';

type Ort = typeof import('onnxruntime-web');

async function importOrt(): Promise<{ ort: Ort; name: string }> {
  try {
    const ort = (await import('onnxruntime-node')) as unknown as Ort;
    return { ort, name: `onnxruntime-node ${ort.env.versions.node ?? ''}` };
  } catch {
    const ort = await optionalPackage('onnxruntime-web', () => import('onnxruntime-web'));
    ort.env.wasm.numThreads = 1;
    return { ort, name: `onnxruntime-web ${ort.env.versions.web ?? ''}` };
  }
}

/** A model in onnxruntime, a sample at a time: many models fix their batch at 1. */
export async function openOnnx(path: string, inputShape: readonly number[]): Promise<Executor> {
  const { ort, name } = await importOrt();
  const bytes = new Uint8Array(await readFile(path));
  const session = await ort.InferenceSession.create(bytes);
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  const shape = ownShape(session, inputShape);
  const layout = `${shape}` === `${inputShape}` ? 'hwc' : 'chw';
  const feed = (sample: Float32Array): Float32Array => {
    const values = new Float32Array(size);
    fillInput(sample, values, inputShape.at(-1) ?? 1, { scale: 1, offset: 0, layout });
    return values;
  };
  const run = async (of: InferenceSession, sample: Float32Array): Promise<Record<string, Tensor>> => {
    const [input] = of.inputNames;
    return of.run({ [input]: new ort.Tensor('float32', feed(sample), [1, ...shape]) });
  };
  return {
    name,
    inputShape,
    predict: async (samples, count) => {
      const all: Values[][] = [];
      for (let i = 0; i < count; i++) {
        const found = await run(session, samples.subarray(i * size, (i + 1) * size));
        all.push(session.outputNames.map((output) => floats(found[output])));
      }
      return joined(all);
    },
    layers: async (sample) => {
      const { outputsOfNodes } = await import('./onnx-outputs.js');
      const names = outputsOfNodes(bytes);
      const all = await ort.InferenceSession.create(
        withOutputs(
          bytes,
          names.filter((each) => !session.outputNames.includes(each)),
        ),
      );
      try {
        const found = await run(all, sample);
        return new Map(
          names.filter((each) => isNumeric(found[each])).map((each) => [each, floats(found[each])]),
        );
      } finally {
        await all.release();
      }
    },
    dispose: () => void session.release(),
  };
}

/** The graph's images are channels last, where the model's are channels first. */
function ownShape({ inputMetadata }: InferenceSession, shape: readonly number[]): number[] {
  const [input] = inputMetadata;
  const own = input?.isTensor ? input.shape.slice(1) : [];
  const first = shape.length === 3 ? [shape[2], shape[0], shape[1]] : [];
  return first.length > 0 && own[0] === first[0] && own[0] !== shape[0] ? first : [...shape];
}

const isNumeric = (tensor: Tensor | undefined): boolean => tensor !== undefined && tensor.type !== 'string';
const floats = ({ data }: Tensor): Values => Float32Array.from(data as ArrayLike<number | bigint>, Number);

/**
 * The model with further outputs. Protocol buffers that stand one after another are merged: a second `ModelProto { graph (7):
 * GraphProto { output (12): ValueInfoProto { name (1) } } }` adds to the first one's list.
 */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.map((name) => field(12, field(1, new TextEncoder().encode(name))));
  return Buffer.concat([model, field(7, Buffer.concat(outputs))]);
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.of(...bytes, left);
    bytes.push((left % 128) | 128);
  }
}
