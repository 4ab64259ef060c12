import { zipSync } from 'fflate';
import type { Random } from '../../helpers/random.js';
import { mutateBytes } from '../mutate/bytes.js';
import { mutateJson } from '../mutate/json.js';
import type { Mutator, Pool } from '../mutate/mutate.js';

/** Formats of more than one file, as one: the JSON, and behind a NUL, which JSON never holds, the bytes of the other file. */
export interface Framed {
  json: Uint8Array;
  /** Absent: as the reader likes them. */
  rest?: Uint8Array;
}

export function unframe(file: Uint8Array): Framed {
  const end = file.indexOf(0);
  return end < 0 ? { json: file } : { json: file.subarray(0, end), rest: file.subarray(end + 1) };
}

export function frame({ json, rest }: Framed): Uint8Array {
  return rest ? new Uint8Array(Buffer.concat([json, Uint8Array.of(0), rest])) : json.slice();
}

/** Mostly the JSON, which says what the bytes mean. */
export const mutateFramed: Mutator = (file, r, pool) => {
  const { json, rest } = unframe(file);
  if (!rest) return mutateJson(json, r, pool);
  if (r.next() < 0.7) return frame({ json: mutateJson(json, r, pool), rest });
  return frame({ json, rest: mutateBytes(rest, r, restsOf(pool)) });
};

function restsOf(pool: Pool): Pool {
  return { words: pool.words, pick: (r: Random) => unframe(pool.pick(r)).rest ?? Uint8Array.of(0) };
}

/** A .keras file of the configuration and the weights; what is a zip already stays. */
export function asKeras(file: Uint8Array): Uint8Array {
  if (file[0] === 0x50) return file;
  const { json, rest } = unframe(file);
  const metadata = new TextEncoder().encode('{"keras_version":"3.4.1"}');
  const files = { 'metadata.json': metadata, 'config.json': json, ...(rest && { 'model.weights.h5': rest }) };
  return zipSync(files, { level: 0 });
}

/** Bytes of zips in a tenth of the cases. */
export const mutateKeras: Mutator = (file, r, pool) =>
  file[0] === 0x50 || r.next() < 0.1 ? mutateBytes(asKeras(file), r, pool) : mutateFramed(file, r, pool);
