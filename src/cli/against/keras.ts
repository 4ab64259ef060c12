import type { Executor } from '../support/executor.js';

/** Keras itself is Python. */
export async function openKeras(path: string): Promise<Executor> {
  throw new Error(`${path}: expected a model that an engine in Node runs, got one of Keras`);
}
