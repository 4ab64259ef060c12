import type { Random } from '../../helpers/random.js';
import { mutateBytes } from './bytes.js';
import type { Mutator, Pool } from './mutate.js';

type Holder = Record<string, unknown> | unknown[];
/** A value's place: `holder[key]`. */
type Place = [holder: Holder, key: string];

const VALUES: readonly unknown[] = [
  0, 1, -1, 2, 3, 7, 0.5, -0, 1e9, 1e308, 2 ** 31, -(2 ** 31), 2 ** 53, 65536, '', 'x', '__proto__', 'constructor', null, true, false, [], {}, [[]], [0], [null],
]; // prettier-ignore
/** Bytes instead of values, so that text which is not JSON comes up too. */
const AS_BYTES = 0.05;

/** One to four places of the document changed; as bytes where it is no document. */
export const mutateJson: Mutator = (file, r, pool) => {
  const document = r.next() < AS_BYTES ? undefined : parse(file);
  if (document === undefined) return mutateBytes(file, r, pool);
  for (let count = r.pick([1, 1, 1, 2, 3, 4]); count > 0; count--) change(document, r, pool);
  return new TextEncoder().encode(JSON.stringify(document));
};

function parse(file: Uint8Array): Holder | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(file));
    return typeof value === 'object' && value !== null ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function change(document: Holder, r: Random, pool: Pool): void {
  const places = placesOf(document);
  if (places.length === 0) return;
  const [holder, key] = r.pick(places);
  const at = holder as Record<string, unknown>;
  const kind = r.next();
  if (kind < 0.3) at[key] = near(at[key], r);
  else if (kind < 0.45) at[key] = anyValue(r);
  else if (kind < 0.6) at[key] = copyOf(r.pick(places));
  else if (kind < 0.75) at[key] = foreign(key, r, pool) ?? anyValue(r);
  else if (kind < 0.85) remove(holder, key);
  else if (Array.isArray(holder)) holder.splice(r.int(0, holder.length), 0, copyOf(r.pick(places)));
  else at[name(r, places, pool)] = r.next() < 0.5 ? copyOf([holder, key]) : anyValue(r);
}

function placesOf(holder: Holder, places: Place[] = []): Place[] {
  for (const key of Object.keys(holder)) {
    places.push([holder, key]);
    const value = (holder as Record<string, unknown>)[key];
    if (typeof value === 'object' && value !== null) placesOf(value as Holder, places);
  }
  return places;
}

/** A copy: documents are changed in place. */
function anyValue(r: Random): unknown {
  return structuredClone(r.pick(VALUES));
}

/** A number not far off, the other boolean, a list turned round. */
function near(value: unknown, r: Random): unknown {
  if (typeof value === 'number')
    return r.pick([value + 1, value - 1, -value, value * 2, value / 2, value * 1e6]);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return String(Number(value) + r.int(-2, 2));
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value))
    return r.pick([value.toReversed(), value.slice(1), [...value, ...structuredClone(value)]]);
  return anyValue(r);
}

function copyOf([holder, key]: Place): unknown {
  return structuredClone((holder as Record<string, unknown>)[key]);
}

/** What another document has, under the same key where it has it. */
function foreign(key: string, r: Random, pool: Pool): unknown {
  const other = parse(withoutTail(pool.pick(r)));
  if (!other) return undefined;
  const places = placesOf(other);
  const same = places.filter(([holder, name]) => name === key && !Array.isArray(holder));
  const from = same.length > 0 && r.next() < 0.8 ? same : places;
  return from.length > 0 ? copyOf(r.pick(from)) : undefined;
}

/** The text before the NUL that bytes may follow: importers/framed.ts. */
function withoutTail(file: Uint8Array): Uint8Array {
  const end = file.indexOf(0);
  return end < 0 ? file : file.subarray(0, end);
}

function remove(holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function name(r: Random, places: readonly Place[], { words }: Pool): string {
  return words.length > 0 && r.next() < 0.5 ? r.pick(words) : r.pick(places)[1];
}
