type Worst = Record<string, { share: number; executor: string }>;

/** What a run compared. */
export class Tally {
  nodes = 0;
  /** Nodes compared by executor, and outputs of the real files. */
  readonly comparisons: Record<string, { nodes: number; outputs: number; passed: number }> = {};
  readonly operators: Record<string, number> = {};
  /** Share of the bound, by operator: of those that keep to FORMAT.md, and of the training forward. */
  readonly worst: Worst = {};
  readonly worstOfTraining: Worst = {};

  private of(executor: string): { nodes: number; outputs: number; passed: number } {
    return (this.comparisons[executor] ??= { nodes: 0, outputs: 0, passed: 0 });
  }

  /** A node's results were within `share` of their bounds. */
  compared(executor: string, op: string, dtype: string, share: number): void {
    this.of(executor).nodes++;
    const worst = executor === 'tfjs' ? this.worstOfTraining : this.worst;
    if (share > (worst[op]?.share ?? 0) && dtype === 'f32') worst[op] = { share, executor };
  }

  output(executor: string): void {
    this.of(executor).outputs++;
  }

  /** The executor lacks an operator of the case. */
  passed(executor: string): void {
    this.of(executor).passed++;
  }

  graph(ops: readonly string[]): void {
    this.nodes += ops.length;
    for (const op of ops) this.operators[op] = (this.operators[op] ?? 0) + 1;
  }
}
