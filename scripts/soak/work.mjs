// What a soak does, in Node and in a page alike: inferences on models that stay loaded, and models that come and go.

/** Of each 20 inferences so many are of this kind. */
const KINDS = [
  { file: 'int8', share: 12 },
  { file: 'f32', share: 5 },
  { file: 'int8', batch: 8, share: 2 },
  { file: 'int8', threads: 2, share: 1 },
];
const ROUND = KINDS.flatMap((kind, i) => Array.from({ length: kind.share }, () => i));

/** One cycle in so many starts a thread and ends it. */
const THREADED_CYCLE = 20;
/** The event loop is served so often. */
const TURN = 500;
const INPUTS = 10;

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Inputs of a model, always the same ones: a multiplicative sequence in 0..1. */
function inputOf(model, seed) {
  const count = model.batch * model.inputs[0].shape.reduce((a, b) => a * b, 1);
  let state = seed + 1;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >>> 8) / 2 ** 24;
  });
}

const copyOf = (outputs) => outputs.map((values) => Array.from(values));
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Work {
  #load;
  #files;
  #open = [];

  /** @param files bytes of models by name: int8, f32 */
  constructor(load, files) {
    this.#load = load;
    this.#files = files;
  }

  async open() {
    for (const { file, share: _, ...options } of KINDS) {
      const model = await this.#load(this.#files[file], options);
      if (model.threads !== (options.threads ?? 1))
        throw new Error(`soak: expected ${options.threads} threads, got ${model.threads}`);
      const inputs = Array.from({ length: INPUTS }, (_each, seed) => inputOf(model, seed));
      const first = inputs.map((input) => copyOf(model.run(input)));
      this.#open.push({ model, inputs, first });
    }
  }

  /** Inferences of these numbers. */
  async infer(from, to) {
    for (let i = from; i < to; i++) {
      const { model, inputs } = this.#open[ROUND[i % ROUND.length]];
      model.run(inputs[i % INPUTS]);
      if (i % TURN === 0) await turn();
    }
  }

  /** Loads, runs and disposes. @returns how many gave other outputs than the model that stays loaded did */
  async cycle(from, to) {
    let wrong = 0;
    for (let i = from; i < to; i++) {
      const kind = i % THREADED_CYCLE === 0 ? 3 : i % 3;
      const { file, share: _, ...options } = KINDS[kind];
      const model = await this.#load(this.#files[file], options);
      const { inputs, first } = this.#open[kind];
      const at = i % INPUTS;
      if (!isSame(copyOf(model.run(inputs[at])), first[at])) wrong++;
      model.dispose();
      if (i % 10 === 0) await turn();
    }
    return wrong;
  }

  /** Bytes of WebAssembly memory of the models that stay loaded. */
  get wasmBytes() {
    return this.#open.reduce((sum, { model }) => sum + model.memoryBytes, 0);
  }

  /** True where all outputs are, to the bit, what they were at the start. */
  isUnchanged() {
    return this.#open.every(({ model, inputs, first }) =>
      inputs.every((input, at) => isSame(copyOf(model.run(input)), first[at])),
    );
  }

  close() {
    for (const { model } of this.#open) model.dispose();
  }
}
