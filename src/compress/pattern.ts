/** What a pattern may name: a layer, or all layers of an operator. */
export interface Layer {
  name: string;
  op: string;
}

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

/** Before an operator's name: all layers of it, whatever they are called. */
const TYPE = 'type:';

/**
 * Of each layer the first pattern that fits it, by layer name; of layers that none fits nothing. A pattern names layers
 * (`conv*`), or an operator (`type:conv2d`, or `conv2d` where no layer is called so).
 *
 * @param key where the patterns stand in the recipe, for the message
 * @throws RangeError where a pattern fits no layer
 */
export function matchLayers(
  key: string,
  patterns: readonly string[],
  layers: readonly Layer[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const pattern of patterns) {
    const fitting = layersOf(pattern, layers);
    if (fitting.length === 0) {
      const names = layers.map(({ name }) => name).join(', ');
      const types = [...new Set(layers.map(({ op }) => op))].join(', ');
      throw new RangeError(`${key}: expected patterns of ${names} or a type of ${types}, got "${pattern}"`);
    }
    for (const { name } of fitting) if (!found.has(name)) found.set(name, pattern);
  }
  return found;
}

function layersOf(pattern: string, layers: readonly Layer[]): Layer[] {
  if (pattern.startsWith(TYPE)) return layers.filter(({ op }) => op === pattern.slice(TYPE.length));
  const named = layers.filter(({ name }) => matches(pattern, name));
  return named.length > 0 ? named : layers.filter(({ op }) => op === pattern);
}
