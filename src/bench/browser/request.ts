/** What Node hands to the page: addresses in place of bytes. */
import type { BenchFile, Contest, ContestOptions } from '../contest.js';

export interface ContestRequest {
  name: string;
  files: { url: string; described?: BenchFile['described'] }[];
  /** `.lop` files of the dense original. */
  dense?: { graph: string; int8?: string };
  /** Of f32 values. */
  input?: string;
  sameWeights?: boolean;
  options: Pick<ContestOptions, 'against' | 'runs' | 'budgetMs' | 'profile' | 'build' | 'threads' | 'batch'>;
}

/** What the page calls in Node, and Node in the page. */
export interface BenchGlobals {
  lopperBench(request: ContestRequest): Promise<Contest>;
  lopperProgress(done: number, total: number): void;
  lopperWarning(line: string): void;
}
