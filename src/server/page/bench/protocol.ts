/** What the page and its worker say to each other. */
import type { NodeProfile } from '../../../runtime/index.js';
import type { Source } from '../engines/engine.js';
import type { RuntimeId } from '../runtimes.js';
import type { Described } from './describe.js';
import type { Layer } from './layers.js';
import type { Transfer } from './transfer.js';

/** One model in one runtime; `key` names it in all calls. */
export interface Contender extends Source {
  key: string;
  runtime: RuntimeId;
  threads: number;
}

export interface Opened {
  note: string;
  /** Milliseconds from asking to being ready for a run. */
  loadMs: number;
}

export interface Answered {
  scores: Float32Array;
  memoryBytes: number | null;
}

/** New samples since the last report: milliseconds an inference, each the mean of `count / samples.length` runs. */
export interface Samples {
  samples: number[];
  /** Inferences that were made for them. */
  count: number;
}

/** Calls, by name: what goes in and what comes out. */
export interface Calls {
  open: { in: Contender; out: Opened };
  close: { in: { key: string }; out: null };
  /** Each contender answers, or says what is wrong. */
  answer: {
    in: { keys: string[]; input: Float32Array };
    out: Record<string, Answered | { error: string }>;
  };
  /** Times in turns; reports as `samples` events; true where it came to its end. */
  time: { in: { keys: string[]; input: Float32Array; rounds: number }; out: boolean };
  /** Ends what `time` does. */
  stop: { in: null; out: null };
  transfer: { in: { runtime: RuntimeId; url?: string }; out: Transfer };
  profile: { in: { key: string; input: Float32Array; runs: number }; out: NodeProfile[] };
  layers: { in: { url?: string; bytes?: Uint8Array }; out: Layer[] };
  describe: { in: { bytes: Uint8Array }; out: Described };
}

export type CallName = keyof Calls;

export type Request = { [Name in CallName]: { id: number; call: Name; in: Calls[Name]['in'] } }[CallName];

export type Reply =
  | { id: number; out: unknown }
  | { id: number; error: string }
  /** Of the `time` call with this id. */
  | { id: number; samples: Record<string, Samples> };
