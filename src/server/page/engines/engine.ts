/** A model loaded in one runtime, as the page uses it: typed array in, scores out. */
export interface Engine {
  /** One inference of a 28 x 28 image as network input, row-major. The scores are valid until the next run. */
  run(image: Float32Array): ArrayLike<number>;
  dispose(): void;
}

/** Each engine is a script of its own, so that its transfer can be told from the other's. */
export interface EngineScript {
  /** Loads the model called `name` from this server. */
  open(name: string): Promise<Engine>;
}
