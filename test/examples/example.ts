/** Copies of examples, as a user takes them, and the digits that they are given. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
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

/**
 * A folder of the test's own as `npm install` leaves it: a copy of `examples/<name>`, the packed runtime, and `packages`, which are paths in a
 * node_modules of this tree.
 */
export function copyExample(t: Test, name: string, packages: string[] = [], from = ROOT): string {
  const folder = t.testdir({ node_modules: { '.bin': {} } });
  const installed = (path: string): boolean => !/\/(node_modules|dist|package-lock\.json)$/.test(path);
  cpSync(`${ROOT}examples/${name}`, folder, { recursive: true, filter: installed });
  const modules = `${folder}/node_modules`;
  execFileSync(process.execPath, [`${ROOT}scripts/pack-runtime.mjs`, `${modules}/lopper-runtime`]);
  for (const path of packages) symlinkSync(`${from}node_modules/${path}`, `${modules}/${path}`);
  return folder;
}

export interface Started {
  /** What it printed. */
  url: string;
  /** Ends it; the test's end does so too. */
  end(): Promise<void>;
}

/** Starts a server by `npm start`, to which `args` are added. */
export async function startServer(t: Test, folder: string, ...args: string[]): Promise<Started> {
  const env = { ...process.env, PORT: '0', NO_COLOR: '1' };
  const server = spawn('npm', ['start', '--silent', ...args], { cwd: folder, env, detached: true });
  const ended = new Promise<void>((done) => server.once('close', () => done()));
  const end = (): Promise<void> => {
    // npm and what it started
    if (server.exitCode === null && server.signalCode === null) process.kill(-server.pid!);
    return ended;
  };
  t.teardown(end);
  let printed = '';
  server.stderr.on('data', (data) => (printed += data));
  const url = await new Promise<string>((done, fail) => {
    server.stdout.on('data', (data) => {
      printed += data;
      const found = /http:\S+/.exec(printed);
      if (found) done(found[0]);
    });
    server.once('close', () => fail(new Error(`npm start: expected an address, got ${printed}`)));
  });
  return { url, end };
}

/** Runs `npm start` to its end. */
export function npmStart(folder: string, env: NodeJS.ProcessEnv = {}): string {
  const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  return execFileSync('npm', ['start', '--silent'], options);
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

/** A host program reads golden digits right, and to the bit as the JavaScript runtime does; `run` gives what it prints. */
export function checkHost(t: Test, run: (lop: string, image: string) => string, count: number): void {
  for (const name of ['mnist-cnn', 'lenet-300-100', 'lenet-5']) {
    t.test(`${name}: golden digits`, async (t) => {
      const folder = t.testdir({});
      const lop = `${ROOT}models/${name}/model.lop`;
      for (const { pixels, label, scores } of goldenDigits(name).slice(0, count)) {
        const answer = readAnswer(run(lop, writeImage(`${folder}/digit.pgm`, pixels)));
        t.equal(answer.digit, label);
        t.ok(answer.us > 0);
        t.same(answer.scores, await scoresOf(lop, pixels), 'the bits of the JavaScript runtime');
        const worst = Math.max(...scores.map((score, i) => Math.abs(score - answer.scores[i])));
        t.ok(worst <= 8 * 2 ** -24, `differs from the reference by ${worst}`);
      }
    });
  }
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
