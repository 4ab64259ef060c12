import type { Preprocessing } from '../../preprocess/index.js';
import type { Dataset } from './dataset.js';

export type SplitName = 'train' | 'test';

export interface ReadOptions {
  /** The splits that are read. */
  splits: readonly SplitName[];
  /** How pictures and sounds become samples; numbers are left to whoever reads the samples. */
  preprocessing?: Preprocessing;
  /** Of the network: pictures are made this large. Absent: they have one size of their own. */
  inputShape?: readonly number[];
}

/** One way to store a set. Kinds of one split give it as `test`. */
export interface SetKind {
  /** For messages. */
  what: string;
  /** True where `path`, a folder or a file, is such a set. */
  holds(path: string): boolean;
  read(name: string, path: string, options: ReadOptions): Promise<Dataset>;
}
