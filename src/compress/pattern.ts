/** True where `name` fits `pattern`, in which `*` stands for any characters: `conv*`, `block?` is literal. */
export function matches(pattern: string, name: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's').test(name);
}

/**
 * Checks that each pattern names at least one of `names`.
 *
 * @param key where the patterns stand in the recipe, for the message
 */
export function checkPatterns(key: string, patterns: readonly string[], names: readonly string[]): void {
  for (const pattern of patterns) {
    if (!names.some((name) => matches(pattern, name)))
      throw new RangeError(`${key}: expected patterns of ${names.join(', ')}, got "${pattern}"`);
  }
}
