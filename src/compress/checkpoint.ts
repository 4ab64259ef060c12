import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../graph/index.js';
import type { Evaluation, Parameter, Trainer } from '../train/index.js';

/** What a training belongs to: it goes on only where all of these are the same. */
export interface Identity {
  recipe: string;
  source: string;
  data: string;
}

/** What a run knows besides its weights. */
export interface Progress {
  /** Absent where the test samples have no labels. */
  baseline?: Evaluation;
}

/** A checkpoint that is not this run's, or not whole. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

interface Header extends Identity, Progress {
  version: 1;
  step: number;
  parameters: { name: string; length: number; slots: number; masked: boolean }[];
  /** Of the arrays after the header. */
  sha256: string;
}

const FILE = 'training.ckpt';
const WHAT: Record<keyof Identity, string> = { recipe: 'recipe', source: 'model', data: 'data set' };

/**
 * State of a training in one file of `folder`: `u32 header bytes | header (JSON) | for each parameter f32 values, f32
 * slots, u8 mask`, little-endian. Written beside it and renamed, so that what is there is always whole.
 */
export class Checkpoint {
  readonly #folder: string;
  readonly #identity: Identity;

  constructor(folder: string, identity: Identity) {
    this.#folder = folder;
    this.#identity = identity;
  }

  get path(): string {
    return join(this.#folder, FILE);
  }

  async save(trainer: Trainer, progress: Progress): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const parameters = [...trainer.parameters.values()];
    const arrays = Buffer.concat(parameters.flatMap(arraysOf).map(bytesOf));
    const header: Header = {
      version: 1,
      ...this.#identity,
      ...progress,
      step: trainer.step,
      parameters: parameters.map((p) => {
        return { name: p.name, length: p.values.length, slots: p.slots.length, masked: p.mask !== undefined };
      }),
      sha256: sha256(arrays),
    };
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    const partial = `${this.path}.${process.pid}.tmp`;
    await writeFile(partial, Buffer.concat([length, json, arrays]));
    await rename(partial, this.path);
  }

  /**
   * Puts the saved state into `trainer`; undefined where nothing is saved.
   *
   * @throws CheckpointError where it is another run's, or damaged
   */
  async restore(trainer: Trainer): Promise<Progress | undefined> {
    if (!existsSync(this.path)) return undefined;
    const { header, arrays } = this.#read(await readFile(this.path));
    this.#checkIdentity(header);
    let at = 0;
    const take = (bytes: number): ArrayBuffer => {
      at += bytes;
      return new Uint8Array(arrays.subarray(at - bytes, at)).buffer;
    };
    for (const { name, length, slots, masked } of header.parameters) {
      const parameter = trainer.parameters.get(name)!;
      parameter.values.set(new Float32Array(take(4 * length)));
      parameter.slots = Array.from({ length: slots }, () => new Float32Array(take(4 * length)));
      if (masked) parameter.mask = new Uint8Array(take(length));
    }
    trainer.step = header.step;
    return { baseline: header.baseline };
  }

  /** The run is done: the next one starts afresh. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  #read(bytes: Buffer): { header: Header; arrays: Buffer } {
    try {
      const start = 4 + bytes.readUInt32LE(0);
      const header = JSON.parse(bytes.toString('utf8', 4, start)) as Header;
      const arrays = bytes.subarray(start);
      if (header.version === 1 && header.sha256 === sha256(arrays)) return { header, arrays };
    } catch (cause) {
      throw this.#damaged(cause);
    }
    throw this.#damaged();
  }

  #damaged(cause?: unknown): CheckpointError {
    const message = `${this.path}: expected a whole checkpoint of version 1, got another or a damaged file; delete it to start afresh`;
    return new CheckpointError(message, { cause });
  }

  #checkIdentity(header: Header): void {
    for (const key of Object.keys(WHAT) as (keyof Identity)[]) {
      if (header[key] === this.#identity[key]) continue;
      throw new CheckpointError(
        `${this.path}: expected a checkpoint of this ${WHAT[key]} (${this.#identity[key].slice(0, 12)}), got one of ` +
          `another (${header[key].slice(0, 12)}); give the same ${WHAT[key]}, or start afresh without resuming`,
      );
    }
  }
}

/** SHA-256, in hex, of all of a graph that training depends on. */
export function graphHash(graph: Graph): string {
  const hash = createHash('sha256');
  const { inputs, outputs, tensors, nodes } = graph;
  hash.update(JSON.stringify([inputs, outputs, [...tensors], nodes]));
  for (const weight of graph.weights.values()) {
    hash.update(JSON.stringify([weight.name, weight.shape]));
    hash.update(bytesOf(weight.data));
  }
  return hash.digest('hex');
}

function arraysOf({ values, slots, mask }: Parameter): (Float32Array | Uint8Array)[] {
  return [values, ...slots, ...(mask ? [mask] : [])];
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
