/** `x[..]` as Keras writes it: a whole number, `{start, stop, step}` or an Ellipsis for each axis, the batch first. */
import type { LayerCall } from './layer.js';

interface Slice {
  start?: number | null;
  stop?: number | null;
  step?: number | null;
}

type Part = number | Slice;

/** What one part takes of an axis; a number leaves no axis. */
interface Cut {
  begin: number;
  size: number;
  stride: number;
  isNumber: boolean;
}

export function sliced(call: LayerCall, x: string, spec: readonly unknown[]): string {
  const shape = call.shapeOf(x);
  const [batch, ...parts] = completed(call, spec, shape.length + 1);
  if (batch !== undefined && !isWhole(batch))
    throw call.shapeError(`expected the whole batch, got ${JSON.stringify(spec)}`);
  const cuts = parts.map((part, axis) => cutOf(call, part, shape[axis]));
  const size = cuts.map((cut) => cut.size);
  const attributes = {
    begin: cuts.map(({ begin }) => begin),
    size,
    strides: cuts.map(({ stride }) => stride),
  };
  const part = `${size}` === `${shape}` ? x : call.node('slice', [x], attributes);
  const kept = cuts.filter(({ isNumber }) => !isNumber);
  return call.reshape(
    part,
    kept.map((cut) => cut.size),
    'item',
  );
}

/** One part for each axis: an Ellipsis, or the end, stands for whole ones. */
function completed(call: LayerCall, spec: readonly unknown[], rank: number): Part[] {
  const at = spec.findIndex((part) => part === 'Ellipsis' || part === '...');
  const before = at < 0 ? spec : spec.slice(0, at);
  const after = at < 0 ? [] : spec.slice(at + 1);
  const missing = rank - before.length - after.length;
  const parts = [...before, ...Array.from({ length: Math.max(missing, 0) }, () => ({})), ...after];
  if (missing >= 0 && parts.every(isPart)) return parts;
  const expected = `numbers and slices for ${rank} axes`;
  throw call.shapeError(`expected ${expected}, got ${JSON.stringify(spec)}; reshape for new axes`);
}

function isPart(part: unknown): part is Part {
  if (typeof part !== 'object' || part === null) return Number.isInteger(part);
  return Object.entries(part).every(
    ([key, value]) => ['start', 'stop', 'step'].includes(key) && (value === null || Number.isInteger(value)),
  );
}

function isWhole(part: Part): boolean {
  return (
    typeof part === 'object' &&
    (part.start ?? 0) === 0 &&
    (part.stop ?? null) === null &&
    (part.step ?? 1) === 1
  );
}

function cutOf(call: LayerCall, part: Part, dim: number): Cut {
  if (typeof part === 'number') {
    const begin = part < 0 ? part + dim : part;
    if (begin < 0 || begin >= dim)
      throw call.shapeError(`expected an index in ${-dim}..${dim - 1}, got ${part}`);
    return { begin, size: 1, stride: 1, isNumber: true };
  }
  const stride = part.step ?? 1;
  const begin = bounded(part.start ?? 0, dim);
  const size = Math.ceil((bounded(part.stop ?? dim, dim) - begin) / stride);
  if (stride >= 1 && size >= 1) return { begin, size, stride, isNumber: false };
  throw call.shapeError(`expected a part of ${dim} with a step of at least 1, got ${JSON.stringify(part)}`);
}

function bounded(index: number, dim: number): number {
  return Math.min(Math.max(index < 0 ? index + dim : index, 0), dim);
}
