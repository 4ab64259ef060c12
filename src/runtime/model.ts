import type { Crew } from './crew.js';
import { LopperError, loadError } from './errors.js';
import type { Build } from './module.js';

/** A typed array on the model's own memory. */
export type Values = Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>;

/** An input or output. For `i8`: `real = scale * (stored - zeroPoint)`. */
export interface TensorInfo {
  /** As the file has it. */
  readonly name: string;
  /** Without batch; channels last. */
  readonly shape: readonly number[];
  /** `i8` is an Int8Array of stored numbers, `f32` a Float32Array. */
  readonly dtype: 'f32' | 'i8';
  /** 1 and 0 for `f32`. */
  readonly scale: number;
  /** In -128..127. */
  readonly zeroPoint: number;
}

/** One node's cost. */
export interface NodeProfile {
  /** As the file has it. */
  readonly name: string;
  /** Its operator. */
  readonly op: string;
  /** Mean milliseconds a run. */
  readonly ms: number;
  /** Weights of its kernel. */
  readonly weights: number;
  /** Of those, how many the file keeps. */
  readonly kept: number;
  /** Multiply-adds of kept weights. */
  readonly multiplyAdds: number;
  /** Bytes of its weights as the kernels read them. */
  readonly unpackedBytes: number;
}

interface Exports {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  load(ptr: number, bytes: number, batch: number): number;
  describe(kind: number, index: number): number;
  run(first: number, last: number): number;
  error(): number;
  /** Of builds with threads. */
  split?(parts: number): void;
}

const INPUT = 0;
const OUTPUT = 1;
const NODE = 2;
const METADATA = 3;

/** Of a u32. */
const MOST = 2 ** 32 - 1;

/** A loaded model: one instance of the module, with memory of its own. Made by `load`. */
export class Model {
  /** In the order in which `run` takes them. */
  readonly inputs: readonly TensorInfo[];
  /** In the order in which `run` gives them. */
  readonly outputs: readonly TensorInfo[];
  /** What the file's writer noted: labels, preprocessing, provenance, recipe, accuracy. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Threads in use. */
  readonly threads: number;
  #exports: Exports | undefined;
  #crew: Crew | undefined;
  #inputs: Values[];
  #outputs: Values[];

  /**
   * @param instance one that no other model uses
   * @param crew on whose memory the instance is
   * @param build of its module; undefined where the host brought its own module
   */
  constructor(
    instance: WebAssembly.Instance,
    bytes: Uint8Array,
    readonly build: Build | undefined,
    /** Samples a run: inputs and outputs hold them one after another. */
    readonly batch = 1,
    crew?: Crew,
  ) {
    const exports = instance.exports as unknown as Exports;
    this.threads = crew?.threads ?? 1;
    exports.split?.(this.threads);
    loadInto(exports, bytes, batch);
    crew?.begin();
    this.#crew = crew;
    this.#exports = exports;
    this.metadata = readMetadata(exports);
    const inputs = [...tensors(exports, INPUT)];
    const outputs = [...tensors(exports, OUTPUT)];
    this.inputs = inputs.map(({ info }) => info);
    this.outputs = outputs.map(({ info }) => info);
    this.#inputs = inputs.map(({ values }) => values);
    this.#outputs = outputs.map(({ values }) => values);
  }

  /**
   * One inference of `batch` samples: an array for each input (Float32Array or Int8Array, as its dtype says, row-major, channels
   * last, sample after sample), one for each output. Outputs are views of the model's memory, valid until the next run; copy them to keep them,
   * or, where threads share the memory, to give them to what refuses shared memory (as ImageData does).
   * @throws TypeError for an input of the wrong kind, RangeError for one of the wrong length, or too few or many; LopperError `trap` where the engine
   * broke the run off, as when something else wrote to the model's memory: the model then is disposed.
   */
  run(...inputs: (Float32Array | Int8Array)[]): readonly Values[] {
    const { run } = this.#live();
    if (inputs.length !== this.#inputs.length) {
      throw new RangeError(`inputs: expected ${this.#inputs.length}, got ${inputs.length}`);
    }
    for (let i = 0; i < inputs.length; i++) this.#setInput(i, inputs[i]);
    const outputs = this.#outputs;
    try {
      run(0, -1);
    } catch (cause) {
      throw this.#broken(cause);
    }
    return outputs;
  }

  /** Times each node over `runs` runs on the inputs given last. */
  profile(runs = 20): NodeProfile[] {
    const exports = this.#live();
    if (!Number.isInteger(runs) || runs < 1) {
      throw new RangeError(`runs: expected a whole number of at least 1, got ${runs}`);
    }
    const nodes: NodeProfile[] = [];
    for (let at; (at = exports.describe(NODE, nodes.length));) nodes.push(readNode(exports, at));
    const total = new Float64Array(nodes.length);
    for (let run = 0; run < runs; run++) {
      for (let i = 0; i < nodes.length; i++) {
        const begin = performance.now();
        exports.run(i, i + 1);
        total[i] += performance.now() - begin;
      }
    }
    return nodes.map((node, i) => Object.assign(node, { ms: total[i] / runs }));
  }

  /** Bytes of WebAssembly memory: file, weights and activations. */
  get memoryBytes(): number {
    return this.#live().memory.buffer.byteLength;
  }

  /** Lets go of the memory, and ends the threads; the model then cannot run any more. */
  dispose(): void {
    this.#crew?.end();
    this.#exports = undefined;
    this.#inputs = this.#outputs = [];
  }

  #broken(cause: unknown): LopperError {
    this.dispose();
    return new LopperError(
      'trap',
      `model: the engine broke a run off (${String(cause)}), so the model is disposed; load it again`,
      { cause },
    );
  }

  #live(): Exports {
    if (this.#exports) return this.#exports;
    throw new LopperError('disposed', 'model: expected one in use, got one after dispose(); load it again');
  }

  #setInput(i: number, values: Float32Array | Int8Array): void {
    const room = this.#inputs[i];
    const { name, shape } = this.inputs[i];
    const wanted = room.constructor as typeof Float32Array | typeof Int8Array;
    if (!(values instanceof wanted)) {
      const got = Object.prototype.toString.call(values).slice(8, -1);
      throw new TypeError(`input '${name}': expected ${wanted.name}, got ${got}`);
    }
    if (values.length !== room.length) {
      const many = this.batch > 1 ? `${this.batch} x ` : '';
      throw new RangeError(
        `input '${name}': expected ${room.length} values for ${many}[${shape}], got ${values.length}`,
      );
    }
    room.set(values);
  }
}

/** Copies the file in and loads it; throws what the module found wrong. */
function loadInto(exports: Exports, bytes: Uint8Array, batch: number): void {
  const { memory, reserve, load, error } = exports;
  const ptr = reserve(bytes.length);
  if (ptr) new Uint8Array(memory.buffer).set(bytes, ptr);
  if (ptr && load(ptr, bytes.length, Math.min(batch, MOST)) === 0) return;
  const record = new DataView(memory.buffer, error(), 24);
  const place = record.getInt32(4, true);
  const at = place < 0 ? 0 : exports.describe(NODE, place);
  const node = at ? ` '${text(exports, at + 8)}' (${text(exports, at)})` : '';
  throw loadError(
    record.getInt32(0, true),
    place,
    record.getFloat64(8, true),
    record.getFloat64(16, true),
    node,
  );
}

/** UTF-8 whose address and length stand at `at`. */
function text({ memory: { buffer } }: Exports, at: number): string {
  const [ptr, bytes] = new Uint32Array(buffer, at, 2);
  // a copy: browsers do not decode memory that threads share
  return new TextDecoder().decode(new Uint8Array(buffer, ptr, bytes).slice());
}

function* tensors(exports: Exports, kind: number): Generator<{ info: TensorInfo; values: Values }> {
  const { buffer } = exports.memory;
  for (let i = 0, at; (at = exports.describe(kind, i)); i++) {
    const [ptr, bytes, dtype, rank, ...dims] = new Uint32Array(buffer, at, 10);
    const int8 = dtype === 1;
    const view = new DataView(buffer, at);
    const info: TensorInfo = {
      name: text(exports, at + 48),
      shape: dims.slice(0, rank),
      dtype: int8 ? 'i8' : 'f32',
      scale: int8 ? view.getFloat32(40, true) : 1,
      zeroPoint: int8 ? view.getInt32(44, true) : 0,
    };
    yield {
      info,
      values: int8 ? new Int8Array(buffer, ptr, bytes) : new Float32Array(buffer, ptr, bytes / 4),
    };
  }
}

function readNode(exports: Exports, at: number): NodeProfile {
  const view = new DataView(exports.memory.buffer, at, 36);
  return {
    op: text(exports, at),
    name: text(exports, at + 8),
    ms: 0,
    kept: view.getUint32(16, true),
    weights: view.getUint32(20, true),
    multiplyAdds: view.getFloat64(24, true),
    unpackedBytes: view.getUint32(32, true),
  };
}

function readMetadata(exports: Exports): Record<string, unknown> {
  const at = exports.describe(METADATA, 0);
  if (!at) return {};
  try {
    return JSON.parse(text(exports, at)) as Record<string, unknown>;
  } catch (cause) {
    const message = `model file: metadata: expected a JSON object, got ${cause}; write the file again`;
    throw new LopperError('metadata', message, { cause });
  }
}
