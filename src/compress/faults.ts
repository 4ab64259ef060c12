import type { z } from 'zod';

/** One line for each fault, as `recipe.prune.sparsity: expected a number in [0, 1), got 1.5`. */
export function describeFaults(root: string, { issues }: z.ZodError, json: unknown): string {
  return issues.flatMap((issue) => describe(root, issue, json)).join('\n');
}

function describe(root: string, issue: z.core.$ZodIssue, json: unknown): string[] {
  const path = [root, ...issue.path.map(String)].join('.');
  if (issue.code !== 'unrecognized_keys')
    return [`${path}: expected ${issue.message}, got ${show(valueAt(json, issue.path))}`];
  const known = issue.message.split(', ');
  return issue.keys.map((key) => {
    const near = closest(key, known);
    const hint = edits(key, near) <= key.length / 2 ? `; did you mean "${near}"?` : '';
    return `${path}.${key}: expected one of the keys ${issue.message}, got "${key}"${hint}`;
  });
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], json);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The known key with the fewest edits (Levenshtein) from `key`. */
function closest(key: string, known: readonly string[]): string {
  return known.reduce((best, name) => (edits(key, name) < edits(key, best) ? name : best));
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
