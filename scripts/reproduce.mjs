// Compresses bundled networks again, each in a process of its own, and compares the file with the one in the repository, byte for byte.
// usage: npm run reproduce -- [mnist-cnn lenet-300-100 lenet-5] [--workers n] [--write]     with the whole MNIST in $LOPPER_DATA/mnist or ../shared/data
// Prints JSON; exit code 1 where a file differs. `--write` puts the new files in the place of the old ones.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { readLop } from '../dist/format/index.js';

const ROOT = new URL('../', import.meta.url).pathname;
const SHARED = new URL('../../shared/data', import.meta.url).pathname;
const NAMES = ['mnist-cnn', 'lenet-300-100', 'lenet-5'];
const EXAMPLE = 'npm run reproduce -- mnist-cnn --workers 2';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string' }, write: { type: 'boolean' }, help: { type: 'boolean' } },
});
const names = positionals.length > 0 ? positionals : NAMES;
const unknown = names.filter((name) => !NAMES.includes(name));
if (options.help) console.log(`${EXAMPLE}\nnetworks: ${NAMES.join(', ')}`);
if (unknown.length > 0) console.error(`networks: expected some of ${NAMES.join(', ')}, got ${unknown}`);
if (options.help || unknown.length > 0) process.exit(unknown.length > 0 ? 2 : 0);

process.env.LOPPER_DATA ??= existsSync(SHARED) ? SHARED : undefined;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The file that `lopper compress` makes now. */
async function compressed(name) {
  const folder = `${ROOT}models/${name}`;
  const out = `${ROOT}build/reproduce/${name}.lop`;
  mkdirSync(`${ROOT}build/reproduce`, { recursive: true });
  const args = ['compress', `${folder}/dense/model.json`, '--recipe', `${folder}/recipe.json`];
  const rest = ['--data', 'mnist', '-o', out, ...(options.workers ? ['--workers', options.workers] : [])];
  const child = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, ...args, ...rest], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${name}: lopper compress ended with ${code}`);
  return out;
}

/** Where two files say other things of themselves. */
function differences(a, b) {
  const [one, other] = [readLop(a).metadata, readLop(b).metadata];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}

const rows = [];
for (const name of names) {
  const started = Date.now();
  const committed = `${ROOT}models/${name}/model.lop`;
  const made = await compressed(name);
  const [before, after] = [committed, made].map((path) => new Uint8Array(readFileSync(path)));
  const identical = sha256(before) === sha256(after);
  const seconds = Math.round((Date.now() - started) / 1000);
  const row = { name, identical, bytes: after.length, sha256: sha256(after), seconds };
  rows.push(
    identical ? row : { ...row, committed_bytes: before.length, metadata: differences(before, after) },
  );
  if (options.write) copyFileSync(made, committed);
}
process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
if (rows.some(({ identical }) => !identical)) process.exitCode = 1;
