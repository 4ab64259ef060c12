// Seeds of the importers: every model that their own tests write, kept in test/fuzz/seeds. `node scripts/fuzz/harvest.mjs`; each test file is run.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { NODE_BUNDLE } from '../bundle-test.mjs';

/** Where tests write models, by which function, and whose seeds these become (test/fuzz/harvested.ts). */
const WRITERS = [
  [/onnx[/\\]encode\.ts$/, 'encode', 'onnx'],
  [/tflite[/\\]write\.ts$/, 'writeTflite', 'tflite'],
  [/tfjs[/\\]graphs\.ts$/, 'sourceOf', 'tfjs-graph'],
  [/import[/\\]models\.ts$/, 'sourceOf', 'tfjs-layers'],
  [/keras[/\\]files\.ts$/, 'writeHdf5', 'keras-h5'],
  [/keras[/\\]files\.ts$/, 'asH5', 'keras-h5'],
  [/keras[/\\]files\.ts$/, 'asKeras3', 'keras'],
];

/** `export function write(` becomes one that also gives its result away. */
function listening(source, name, target) {
  const listener = (keyword, call) =>
    `export ${keyword} ${name}(...all) { const made = ${call}; globalThis.lopperHarvest('${target}', made); return made; }`;
  const sync = `${listener('function', `${name}Itself(...all)`)} function ${name}Itself(`;
  const later = `${listener('async function', `await ${name}Itself(...all)`)} async function ${name}Itself(`;
  return source.replace(`export function ${name}(`, sync).replace(`export async function ${name}(`, later);
}

const plugin = {
  name: 'listening',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]test[/\\]import[/\\].*\.ts$/ }, ({ path }) => {
      const writers = WRITERS.filter(([file]) => file.test(path));
      const source = readFileSync(path, 'utf8');
      const here = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return {
        contents: writers.reduce((text, [, ...writer]) => listening(text, ...writer), here),
        loader: 'ts',
      };
    });
  },
};

const tests = readdirSync('test/import', { recursive: true }).filter((name) =>
  /(?<!hostile.*)\.test\.ts$/.test(name),
);
mkdirSync('build/fuzz', { recursive: true });
for (const test of tests) {
  const contents = `import { listen } from './test/fuzz/harvested.js'; listen(); await import('./test/import/${test.replace('.ts', '.js')}');`;
  await build({
    ...NODE_BUNDLE,
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    plugins: [plugin],
    outfile: 'build/fuzz/harvest.mjs',
  });
  const { status, stderr } = spawnSync(process.execPath, ['build/fuzz/harvest.mjs'], {
    encoding: 'utf8',
    env: { ...process.env, TAP: '1' },
  });
  process.stderr.write(`${test}: ${status}${status ? ` ${stderr.slice(0, 300)}` : ''}\n`);
}
