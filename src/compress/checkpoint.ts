import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { removeLeftovers, writeWhole } from '../files/index.js';
import type { Graph } from '../graph/index.js';
import type { Evaluation } from '../train/index.js';
import type { HistoryEntry, Work } from './stage.js';

/** What a run belongs to, as SHA-256 in hex: it goes on only where all of these are the same. */
export interface Identity {
  recipe: string;
  source: string;
  data: string;
}

/** What a run knows and has done. Structured data: objects, maps, typed arrays. */
export interface Progress {
  /** Absent where the test samples have no labels. */
  baseline?: Evaluation;
  history: HistoryEntry[];
  /** The stage that goes on, and what it was given. */
  stage: string;
  work: Work;
  /** Steps done in all, for the report. */
  step: number;
  /** The stage's own state; absent: it starts. */
  state?: unknown;
}

/** What a stage sees of its run's checkpoint. */
export interface StageCheckpoint {
  /** What was saved of this stage; undefined where it starts. */
  readonly saved: unknown;
  /** Keeps `state`, structured data, as of `step` steps. Nothing happens where the caller wants no checkpoints. */
  save(state: unknown, step: number): Promise<void>;
}

/** A checkpoint that is not this run's, or not whole. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

interface Header extends Identity {
  version: 3;
  /** Of what is after the header. */
  sha256: string;
}

const VERSION = 3;
const FILE = 'training.ckpt';
const ADVICE = 'make room for it there, and resume: what was saved before still is';
const WHAT: Record<keyof Identity, string> = { recipe: 'recipe', source: 'model', data: 'data set' };

/**
 * State of a run in one file of `folder`: `u32 header bytes | header (JSON) | progress`, the latter as `node:v8`
 * serializes it. What is there is always whole.
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

  async save(progress: Progress): Promise<void> {
    await this.#makeFolder();
    const state = serialize(progress);
    const header: Header = { version: VERSION, ...this.#identity, sha256: sha256(state) };
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    await writeWhole(this.path, Buffer.concat([length, json, state]), ADVICE);
  }

  /**
   * What was saved; undefined where nothing is.
   *
   * @throws CheckpointError where it is another run's, or damaged
   */
  async load(): Promise<Progress | undefined> {
    await removeLeftovers(this.path);
    if (!existsSync(this.path)) return undefined;
    const { header, state } = this.#read(await readFile(this.path));
    this.#checkIdentity(header);
    return deserialize(state) as Progress;
  }

  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
    } catch (cause) {
      const { message } = cause as Error;
      throw new CheckpointError(
        `${this.#folder}: expected a folder for checkpoints, got: ${message}; ${ADVICE}`,
        {
          cause,
        },
      );
    }
  }

  #read(bytes: Buffer): { header: Header; state: Buffer } {
    try {
      const start = 4 + bytes.readUInt32LE(0);
      const header = JSON.parse(bytes.toString('utf8', 4, start)) as Header;
      const state = bytes.subarray(start);
      if (header.version === VERSION && header.sha256 === sha256(state)) return { header, state };
    } catch (cause) {
      throw this.#damaged(cause);
    }
    throw this.#damaged();
  }

  #damaged(cause?: unknown): CheckpointError {
    const message = `${this.path}: expected a whole checkpoint of version ${VERSION}, got another or a damaged file; delete it to start afresh`;
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

/** The run that kept its state in `folder` is done: the next one starts afresh. What else lies there stays. */
export async function removeCheckpoint(folder: string): Promise<void> {
  const path = join(folder, FILE);
  await rm(path, { force: true });
  await removeLeftovers(path);
  await rmdir(folder).catch(() => undefined);
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

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
