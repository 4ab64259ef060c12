import { load, type Model, type TensorInfo, type Values } from '../../runtime/node.js';
import { fillInput, PRESETS, storedShape, type Preprocessing } from '../../preprocess/index.js';
import type { InferReply } from '../api/schemas.js';
import { HttpError } from '../http/errors.js';
import type { Catalog } from './catalog.js';
import { stamp } from './files.js';

/** Models that stay loaded; the one not used for longest goes. */
const MOST_LOADED = 16;
/** How long a loaded model is used before its file is looked at again, in ms. */
const FRESH_MS = 1000;
/** Greatest scores that a reply lists. */
const TOP = 5;

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** A loaded model, and room for its input. Runs are synchronous, so one serves all requests. */
export class Runner {
  /** Values that one input has. */
  readonly size: number;
  readonly #input: Float32Array;
  readonly #stored: Int8Array | undefined;
  readonly #labels: unknown[];
  readonly #preprocessing: Preprocessing;
  /** Of the bytes of the last axis as they are stored. */
  readonly #channels: number;

  constructor(
    readonly model: Model,
    readonly name: string,
    readonly version: string,
  ) {
    if (model.inputs.length !== 1)
      throw new HttpError(400, `model: expected one of one input, got ${name} with ${model.inputs.length}`);
    const [{ shape, dtype }] = model.inputs;
    const { labels, preprocessing } = model.metadata;
    this.size = elements(shape);
    this.#input = new Float32Array(this.size);
    this.#stored = dtype === 'i8' ? new Int8Array(this.size) : undefined;
    this.#labels = Array.isArray(labels) ? labels : [];
    this.#preprocessing = (preprocessing as Preprocessing | undefined) ?? PRESETS.unit;
    this.#channels = storedShape(shape, this.#preprocessing).at(-1) ?? 1;
  }

  /** @param body f32 values of the input, or a byte a stored value. @throws HttpError 400 for another length */
  runBytes(body: Uint8Array): InferReply {
    if (body.length === this.size) {
      fillInput(body, this.#input, this.#channels, this.#preprocessing);
      return this.#run();
    }
    if (body.length !== 4 * this.size)
      throw new HttpError(
        400,
        `body: expected ${4 * this.size} bytes (f32) or ${this.size} (0..255) for ${this.name}, got ${body.length}`,
      );
    new Uint8Array(this.#input.buffer).set(body);
    return this.#run();
  }

  /** @throws HttpError 400 for another length */
  runValues(values: readonly number[]): InferReply {
    if (values.length !== this.size)
      throw new HttpError(400, `input: expected ${this.size} numbers, got ${values.length}`);
    this.#input.set(values);
    return this.#run();
  }

  #run(): InferReply {
    const [info] = this.model.inputs;
    const input = this.#stored ? quantize(this.#input, this.#stored, info) : this.#input;
    const begin = performance.now();
    const outputs = this.model.run(input);
    const ms = performance.now() - begin;
    const values = outputs.map((output, i) => realValues(output, this.model.outputs[i]));
    return {
      model: this.name,
      version: this.version,
      outputs: this.model.outputs.map(({ name, shape }, i) => ({
        name,
        shape: [...shape],
        values: values[i],
      })),
      top: this.#top(values[0]),
      ms,
    };
  }

  #top(values: readonly number[]): InferReply['top'] {
    const order = values.map((_, index) => index).sort((a, b) => values[b] - values[a]);
    return order.slice(0, TOP).map((index) => {
      const label = this.#labels[index];
      return { index, label: typeof label === 'string' ? label : null, score: values[index] };
    });
  }
}

function quantize(real: Float32Array, target: Int8Array, { scale, zeroPoint }: TensorInfo): Int8Array {
  for (let i = 0; i < real.length; i++)
    target[i] = Math.max(-128, Math.min(127, Math.round(real[i] / scale) + zeroPoint));
  return target;
}

/** JSON has no NaN and no infinity; a network fed with them may give them. */
function realValues(values: Values, { dtype, scale, zeroPoint }: TensorInfo): number[] {
  const real = Array.from(values, dtype === 'i8' ? (value) => scale * (value - zeroPoint) : undefined!);
  if (!real.every(Number.isFinite))
    throw new HttpError(400, 'input: expected values that give finite outputs, got some that do not');
  return real;
}

interface Loaded {
  runner: Runner;
  path: string;
  stamp: string | undefined;
  checked: number;
}

/**
 * Models of the catalog, loaded at their first use with Lopper's own runtime. None is disposed of: a request that still
 * reads its body may hold it.
 */
export class Inference {
  readonly #loaded = new Map<string, Loaded>();
  readonly #loading = new Map<string, Promise<Runner>>();

  constructor(private readonly catalog: Catalog) {}

  /** Without waiting where it was loaded and looked at a moment ago: this is the way of almost all requests. */
  ready(name: string, version: string): Runner | undefined {
    const found = this.#loaded.get(`${name}/${version}`);
    return found && Date.now() - found.checked < FRESH_MS ? found.runner : undefined;
  }

  /** @throws HttpError 404 where there is no such version; LopperError where its file is broken */
  async get(name: string, version: string): Promise<Runner> {
    const key = `${name}/${version}`;
    const under = this.#loading.get(key);
    if (under) return under;
    const opening = this.#open(key, name, version).finally(() => this.#loading.delete(key));
    this.#loading.set(key, opening);
    return opening;
  }

  async #open(key: string, name: string, version: string): Promise<Runner> {
    const path = await this.catalog.versionPath(name, version);
    if (path === undefined) {
      this.#loaded.delete(key);
      throw new HttpError(404, `model: expected one of GET /api/models, got ${name}, version ${version}`);
    }
    const [now, old] = [await stamp(path), this.#loaded.get(key)];
    if (old && old.path === path && old.stamp === now) {
      old.checked = Date.now();
      return old.runner;
    }
    const model = await load(path);
    this.#loaded.delete(key);
    const runner = new Runner(model, name, version);
    this.#loaded.set(key, { runner, path, stamp: now, checked: Date.now() });
    if (this.#loaded.size > MOST_LOADED) this.#loaded.delete(this.#loaded.keys().next().value!);
    return runner;
  }

}
