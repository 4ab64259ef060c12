/** Copies of examples, as a user takes them, and the digits that they are given. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { load } from '../../src/runtime/node.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Digit {
  label: number;
  /** 28 rows of 28, 0 to 255. */
  pixels: number[];
  scores: number[];
}

/** Digits with what `models/<name>/model.lop` answers in the plain reference. */
export function goldenDigits(name: string): Digit[] {
  return JSON.parse(readFileSync(`${ROOT}models/${name}/golden.json`, 'utf8')).samples;
}

/** A folder of the test's own with a copy of `examples/<name>`, and `packages` of this tree where `npm install` would put them. */
export function copyExample(t: Test, name: string, packages: string[] = []): string {
  const folder = t.testdir({ node_modules: { '.bin': {} } });
  cpSync(`${ROOT}examples/${name}`, folder, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|package-lock\.json)$/.test(path),
  });
  for (const bin of packages) symlinkSync(`${ROOT}node_modules/${bin}`, `${folder}/node_modules/${bin}`);
  return folder;
}

/** Writes a plain PGM. */
export function writeImage(path: string, pixels: number[]): string {
  writeFileSync(path, `P2\n28 28 255\n${pixels.join('\n')}\n`);
  return path;
}

/** What the JavaScript runtime answers. */
export async function scoresOf(lop: string, pixels: number[]): Promise<number[]> {
  const model = await load(lop);
  const scores = [...model.run(Float32Array.from(pixels, (pixel) => pixel / 255))[0]];
  model.dispose();
  return scores;
}

/** What a host program printed: a line `index score` for each class, then the answer. */
export function readAnswer(printed: string): { scores: number[]; digit: number; us: number } {
  const scores = [...printed.matchAll(/^\d+ (\S+)$/gm)].map((match) => Math.fround(Number(match[1])));
  const [, digit, us] = /^digit (\d+), score [\d.]+, ([\d.]+) us a run$/m.exec(printed) ?? [];
  return { scores, digit: Number(digit), us: Number(us) };
}

/** Writes the .lop of a dense f32 network, as `lopper convert` does. */
export function convertDense(name: string, lop: string): string {
  const args = ['dist/cli/main.js', 'convert', `models/${name}/dense/model.json`, '-o', lop];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
  return lop;
}

/** Whether a command is there and ends well. */
export function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
