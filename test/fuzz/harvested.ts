/** Takes the models that the importers' tests write (scripts/fuzz/harvest.mjs) into test/fuzz/seeds, when the process ends. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ModelSource } from '../../src/import/source.js';
import { nameOf, pack, unpack } from './corpus.js';
import { frame } from './importers/framed.js';

/** Larger files are slower, and hold little that small ones do not. */
const MOST_BYTES = 1 << 15;

const found = new Map<string, Map<string, Uint8Array>>();

function harvest(target: string, made: Uint8Array | ModelSource): void {
  const file = made instanceof Uint8Array ? made : framed(made);
  if (file.length > MOST_BYTES) return;
  if (!found.has(target)) found.set(target, new Map());
  found.get(target)!.set(nameOf(file), new Uint8Array(file));
}

/** A model in memory as its model.json and the bytes of its weights. */
function framed({ weightSpecs, weightData, ...rest }: ModelSource): Uint8Array {
  const json = JSON.stringify({ ...rest, weightsManifest: [{ paths: ['w'], weights: weightSpecs }] });
  const bytes = new Uint8Array(Array.isArray(weightData) ? weightData[0] : weightData);
  const text = new TextEncoder().encode(json);
  return frame({ json: text, rest: bytes });
}

function save(target: string, files: Map<string, Uint8Array>): void {
  const path = `test/fuzz/seeds/${target}.br`;
  mkdirSync('test/fuzz/seeds', { recursive: true });
  const before = existsSync(path) ? unpack(new Uint8Array(readFileSync(path))) : [];
  for (const file of before) files.set(nameOf(file), file);
  writeFileSync(path, pack([...files.values()]));
}

/** Tests call `lopperHarvest` from now on. */
export function listen(): void {
  process.on('exit', () => found.forEach((files, target) => save(target, files)));
  Object.assign(globalThis, { lopperHarvest: harvest });
}
