import { elements, type Node, type Tensor } from '../graph/graph.js';
import { weightsOf } from '../graph/lookup.js';
import { nodeMacs } from '../ops/macs.js';
import type { Values } from '../ops/op.js';
import { LopperError } from '../runtime/errors.js';
import type { NodeProfile, TensorInfo } from '../runtime/model.js';
import type { ReferenceModel } from './load.js';
import type { PortableModel, PortableValues } from './portable-model.js';
import { checkInput } from './run.js';

/** A `ReferenceModel` behind the face of the runtime's `Model`. */
export class PlainModel implements PortableModel {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly threads = 1;
  readonly build = undefined;
  private model: ReferenceModel | undefined;
  private readonly results: PortableValues[];
  /** Sample 0 of the last run, for `profile`. */
  private last: Values[] | undefined;

  constructor(
    model: ReferenceModel,
    readonly batch: number,
  ) {
    this.model = model;
    this.inputs = model.inputs.map(infoOf);
    this.outputs = model.outputs.map(infoOf);
    this.metadata = model.metadata;
    this.results = model.outputs.map((tensor) => valuesFor(tensor, batch));
  }

  run(...inputs: Values[]): readonly PortableValues[] {
    const model = this.live();
    if (inputs.length !== model.inputs.length)
      throw new RangeError(`inputs: expected ${model.inputs.length}, got ${inputs.length}`);
    model.inputs.forEach((tensor, i) => checkInput(tensor, inputs[i], this.batch));
    for (let sample = 0; sample < this.batch; sample++) {
      const one = inputs.map((values) => part(values, sample, this.batch));
      if (sample === 0) this.last = one.map((values) => values.slice());
      model.run(...one).forEach((values, i) => this.results[i].set(values, sample * values.length));
    }
    return this.results;
  }

  profile(runs = 20): NodeProfile[] {
    const model = this.live();
    if (!Number.isInteger(runs) || runs < 1)
      throw new RangeError(`runs: expected a whole number of at least 1, got ${runs}`);
    const input = this.last ?? model.inputs.map((tensor) => valuesFor(tensor, 1));
    const total = model.graph.nodes.map(() => 0);
    for (let run = 0; run < runs; run++) model.time(input, (i, ms) => (total[i] += ms));
    return model.graph.nodes.map((node, i) => profileOf(model, node, total[i] / runs));
  }

  get memoryBytes(): number {
    let bytes = 0;
    this.live().graph.weights.forEach(({ data }) => (bytes += data.byteLength));
    return bytes;
  }

  dispose(): void {
    this.model = undefined;
  }

  private live(): ReferenceModel {
    if (this.model) return this.model;
    throw new LopperError('disposed', 'model: expected one in use, got one after dispose(); load it again');
  }
}

function infoOf({ name, shape, dtype, quantization }: Tensor): TensorInfo {
  const { scale, zeroPoint } = quantization ?? { scale: 1, zeroPoint: 0 };
  return { name, shape, dtype: dtype === 'i8' ? 'i8' : 'f32', scale, zeroPoint };
}

function valuesFor({ shape, dtype }: Tensor, batch: number): PortableValues {
  const length = elements(shape) * batch;
  return dtype === 'i8' ? new Int8Array(length) : new Float32Array(length);
}

function part(values: Values, sample: number, batch: number): Values {
  const length = values.length / batch;
  return values.subarray(sample * length, (sample + 1) * length);
}

function profileOf({ graph }: ReferenceModel, node: Node, ms: number): NodeProfile {
  const weights = weightsOf(graph, node);
  const { kernel } = weights;
  const data: ArrayLike<number> = kernel?.data ?? [];
  let kept = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) kept++;
  const unpackedBytes = Object.values(weights).reduce((sum, weight) => sum + weight.data.byteLength, 0);
  const { name, op } = node;
  return {
    name,
    op,
    ms,
    weights: data.length,
    kept,
    multiplyAdds: nodeMacs(graph, node).kept,
    unpackedBytes,
  };
}
