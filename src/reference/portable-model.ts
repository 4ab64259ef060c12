/** What `lopper/reference` loads, told by the runtime's types alone: lopper-runtime ships no others. */
import type { NodeProfile, TensorInfo } from '../runtime/model.js';

/** Values of an output: row-major, channels last, sample after sample; f32, or int8 as its tensor says. */
export type PortableValues = Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>;

/** A loaded model, with the members of the runtime's `Model`. Made by `load`. */
export interface PortableModel {
  /** In the order in which `run` takes them. */
  readonly inputs: readonly TensorInfo[];
  /** In the order in which `run` gives them. */
  readonly outputs: readonly TensorInfo[];
  /** What the file's writer noted: labels, preprocessing, provenance, recipe, accuracy. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** It has no workers. */
  readonly threads: 1;
  /** It is no build of the WebAssembly runtime. */
  readonly build: undefined;
  /** Samples a run: inputs and outputs hold them one after another. */
  readonly batch: number;

  /**
   * One inference of `batch` samples: an array for each input (Float32Array or Int8Array, as its dtype says, row-major, channels
   * last, sample after sample), one for each output. Outputs are valid until the next run; copy them to keep them.
   * @throws TypeError for an input of the wrong kind, RangeError for one of the wrong length, or too few or many.
   */
  run(...inputs: (Float32Array | Int8Array)[]): readonly PortableValues[];

  /** Times each node over `runs` runs of one sample, the first of those given last. */
  profile(runs?: number): NodeProfile[];

  /** Bytes of the weights, as they lie in memory. */
  readonly memoryBytes: number;

  /** Lets go of the memory; the model then cannot run any more. */
  dispose(): void;
}
