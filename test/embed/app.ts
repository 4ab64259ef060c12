/** Apps outside this tree that have installed the packed runtime, and what docs/embed.md tells them to write. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODEL = `${ROOT}models/lenet-5/`;

/** A digit as network input, and which it is. */
export interface Digit {
  label: number;
  input: Float32Array;
}

interface Golden {
  preprocessing: { scale: number; offset: number };
  samples: { label: number; pixels: number[] }[];
}

const golden = JSON.parse(readFileSync(`${MODEL}golden.json`, 'utf8')) as Golden;
const { scale, offset } = golden.preprocessing;

/** Several of the golden digits: programs that guess fail. */
export const digits: Digit[] = golden.samples.slice(0, 4).map(({ label, pixels }) => {
  return { label, input: Float32Array.from(pixels, (pixel) => pixel * scale + offset) };
});

/** Blocks of docs/embed.md whose first line names a file, by that name, without that line. */
const snippets = new Map(
  [
    ...readFileSync(`${ROOT}docs/embed.md`, 'utf8').matchAll(
      /^```\w+\n(?:\/\/|<!--|#) ([\w./-]+)(?: -->)?\n([^]*?)^```$/gm,
    ),
  ].map(([, name, code]) => [name, code]),
);

export const snippetNames = [...snippets.keys()];

/** A file of docs/embed.md. */
export function snippet(name: string): string {
  const code = snippets.get(name);
  if (code === undefined)
    throw new Error(
      `docs/embed.md: expected a block that begins with ${name}, got ${[...snippets.keys()].join(', ')}`,
    );
  return code;
}

/** A folder with the packed runtime in node_modules, the model, the first digit, and these files of docs/embed.md. */
export function appWith(t: Test, ...names: string[]): string {
  const app = t.testdir({});
  const target = `${app}/node_modules/lopper-runtime`;
  execFileSync(process.execPath, [`${ROOT}scripts/pack-runtime.mjs`, target], { stdio: 'pipe' });
  copyFileSync(`${MODEL}model.lop`, `${app}/digits.lop`);
  for (const name of names) write(app, name, snippet(name));
  giveDigit(app, digits[0]);
  return app;
}

/** Where snippets look for their digit. */
export function giveDigit(app: string, { input }: Digit): void {
  writeFileSync(`${app}/digit.json`, JSON.stringify([...input]));
}

export function write(app: string, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(app, name)), { recursive: true });
  writeFileSync(join(app, name), content);
}

/** Where a file of test/embed/package.json's packages lies. */
export const heavyPath = (path: string): string => `${ROOT}test/embed/node_modules/${path}`;

/** False where test/embed/package.json's packages are there; else why the test is skipped. */
export function lacks(...packages: string[]): string | false {
  const missing = packages.filter((name) => !existsSync(heavyPath(name)));
  return missing.length > 0 && `no ${missing.join(', ')}: npm run test:embed installs and runs`;
}

/** A package of test/embed/package.json, whose types are not there for `npm run check`. */
// oxlint-disable-next-line typescript/no-explicit-any
export const heavy = (name: string): Promise<any> => import(name);
