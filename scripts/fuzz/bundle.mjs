// Bundles test/fuzz with every branch of src counted, and without; and instruments the WebAssembly build.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { NODE_BUNDLE } from '../bundle-test.mjs';
import { instrumentTs } from './instrument-ts.mjs';
import { instrumentWasm } from './instrument-wasm.mjs';

const OUT = 'build/fuzz';

const OPTIONS = { ...NODE_BUNDLE, entryPoints: ['test/fuzz/main.ts'] };

/**
 * @param counted where the bundle's branches are to be counted
 * @returns path of the bundle, its edges and the texts in its sources; made anew where a source is newer
 */
export async function bundle(counted) {
  mkdirSync(OUT, { recursive: true });
  const outfile = `${OUT}/${counted ? 'counted' : 'plain'}.mjs`;
  const about = `${outfile}.json`;
  if (existsSync(about) && statSync(about).mtimeMs > newest()) return { outfile, ...read(about) };
  const found = { edges: 0, words: new Set() };
  await build({ ...OPTIONS, outfile, plugins: counted ? [counting(found)] : [] });
  writeFileSync(about, JSON.stringify({ edges: found.edges, words: [...found.words].sort() }));
  return { outfile, ...read(about) };
}

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** When a source last changed. */
function newest() {
  const files = ['src', 'test', 'scripts/fuzz'].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((name) => `${folder}/${name}`)
      .filter((path) => /\.(ts|mjs)$/.test(path)),
  );
  return Math.max(...files.map((path) => statSync(path).mtimeMs));
}

function counting(found) {
  const next = () => found.edges++;
  const word = (text) => found.words.add(text);
  return {
    name: 'counting',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
        const contents = instrumentTs(readFileSync(path, 'utf8'), path, next, word);
        return { contents, loader: 'js' };
      });
    },
  };
}

/** The build `name` with counters, and how many, in build/fuzz. */
export function instrumentBuild(name) {
  mkdirSync(OUT, { recursive: true });
  const path = `dist/wasm/lopper-${name}.wasm`;
  if (!existsSync(path)) throw new Error(`${path}: expected the build, got none: npm run build:wasm`);
  const { module, edges } = instrumentWasm(readFileSync(path));
  writeFileSync(`${OUT}/lopper-${name}.wasm`, module);
  writeFileSync(`${OUT}/lopper-${name}.json`, JSON.stringify({ edges }));
}
