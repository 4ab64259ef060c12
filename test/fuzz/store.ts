/** What is kept in the repository: seeds, corpora, fixtures of bugs, and how often each target was executed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { nameOf, pack, unpack, type Corpus } from './corpus.js';
import { seedFiles } from './lop/seeds.js';

const HOME = 'test/fuzz';
const EXECUTIONS = `${HOME}/executions.json`;
/** Targets that read .lop files, whose seeds are made, not kept. */
const LOP = ['ts', 'wasm'];

/** Seeds, then the corpus, then the fixtures of bugs of a target, paths relative to the repository. */
export function keptFiles(target: string): Uint8Array[] {
  return [...seedsOf(target), ...packed(`corpus/${target}.br`), ...fixtures(target)];
}

/** Recipes are seeds as they are; models are what the importers' own tests write (scripts/fuzz/harvest.mjs). */
export function seedsOf(target: string): Uint8Array[] {
  if (LOP.includes(target)) return seedFiles();
  return target === 'recipe' ? recipes() : packed(`seeds/${target}.br`);
}

function recipes(): Uint8Array[] {
  const names = readdirSync('recipes', { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => new Uint8Array(readFileSync(`recipes/${name}`)));
}

function packed(name: string): Uint8Array[] {
  const path = `${HOME}/${name}`;
  return existsSync(path) ? unpack(new Uint8Array(readFileSync(path))) : [];
}

function fixtures(target: string): Uint8Array[] {
  const folder = `${HOME}/fixtures/${target}`;
  return existsSync(folder)
    ? readdirSync(folder).map((name) => new Uint8Array(readFileSync(`${folder}/${name}`)))
    : [];
}

/** Keeps the corpus, minimized, and counts the executions. */
export function keep(target: string, corpus: Corpus, executions: number): void {
  mkdirSync(`${HOME}/corpus`, { recursive: true });
  const seeds = new Set(seedsOf(target).map(nameOf));
  const files = corpus.minimized().filter((file) => !seeds.has(nameOf(file)));
  writeFileSync(`${HOME}/corpus/${target}.br`, pack(files));
  const counts = existsSync(EXECUTIONS)
    ? (JSON.parse(readFileSync(EXECUTIONS, 'utf8')) as Record<string, number>)
    : {};
  counts[target] = (counts[target] ?? 0) + executions;
  writeFileSync(EXECUTIONS, `${JSON.stringify(counts, Object.keys(counts).sort(), 2)}\n`);
}
