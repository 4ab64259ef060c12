/** The runtime packs alone: no dependency, and a program outside this tree runs a network with it. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const PROGRAM = `
import { load } from 'lopper-runtime';
const model = await load(process.argv[2]);
const { samples } = JSON.parse((await import('node:fs')).readFileSync(process.argv[3], 'utf8'));
const answers = samples.map(({ pixels }) => {
  const scores = model.run(Float32Array.from(pixels, (pixel) => pixel / 255))[0];
  return scores.indexOf(Math.max(...scores));
});
console.log(JSON.stringify({ answers, labels: samples.map(({ label }) => label) }));
`;

t.test('lopper-runtime, installed elsewhere, reads digits', async (t) => {
  execFileSync(process.execPath, [`${ROOT}scripts/pack-runtime.mjs`], { stdio: 'pipe' });
  const manifest = JSON.parse(readFileSync(`${ROOT}build/lopper-runtime/package.json`, 'utf8'));
  t.notOk(manifest.dependencies ?? manifest.optionalDependencies ?? manifest.peerDependencies);
  t.notOk(manifest.scripts, 'nothing runs at install');

  const app = t.testdir({ 'app.mjs': PROGRAM, node_modules: {} });
  cpSync(`${ROOT}build/lopper-runtime`, `${app}/node_modules/lopper-runtime`, { recursive: true });
  const model = `${ROOT}models/lenet-300-100/`;
  const args = [`${app}/app.mjs`, `${model}model.lop`, `${model}golden.json`];
  const { answers, labels } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  t.same(answers, labels);
});

t.test('the toolkit has the same entries under its own name', async (t) => {
  const folder = `${ROOT}models/lenet-300-100/`;
  const { samples } = JSON.parse(readFileSync(`${folder}golden.json`, 'utf8')) as {
    samples: { label: number; pixels: number[] }[];
  };
  for (const entry of ['lopper', 'lopper/inline', 'lopper/inline-full']) {
    const { load } = (await import(entry)) as typeof import('lopper');
    const model = await load(`${folder}model.lop`);
    for (const { label, pixels } of samples) {
      const scores = model.run(Float32Array.from(pixels, (pixel) => pixel / 255))[0];
      t.equal(scores.indexOf(Math.max(...scores)), label, entry);
    }
  }
});
