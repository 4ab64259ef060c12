// Seconds and memory that models of about 22 million parameters take to import, each in a process of its own: `npm run bench:import`.
// Exit code 1 where one takes longer or more than asked.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ASKED = { seconds: 5, peak: 4 };
const [MEASURE, BUNDLE] = ['scripts/measure-import.mjs', 'build/large-models.mjs'];

async function writeModels(folder) {
  await build({
    entryPoints: ['test/import/large-models.ts'],
    bundle: true,
    platform: 'node',
    packages: 'external',
    format: 'esm',
    target: 'node20',
    outfile: BUNDLE,
    logLevel: 'warning',
  });
  // in a process of its own: what is started from a large one counts that one's peak as its own
  const script = `import { writeLargeModels } from '${pathToFileURL(BUNDLE)}';
    console.log(JSON.stringify(await writeLargeModels(process.argv[1])));`;
  const written = execFileSync(process.execPath, ['--input-type=module', '--eval', script, folder], {
    encoding: 'utf8',
  });
  return JSON.parse(written.trim().split('\n').pop());
}

function measure([name, path]) {
  const { parameters, seconds, bytes } = JSON.parse(execFileSync(process.execPath, [MEASURE, path]));
  const peak = bytes / (4 * parameters);
  return { name, parameters, seconds, peak, met: seconds <= ASKED.seconds && peak <= ASKED.peak };
}

const folder = mkdtempSync(join(tmpdir(), 'lopper-import-'));
try {
  const results = Object.entries(await writeModels(folder)).map(measure);
  console.log('| model | parameters | seconds | peak / f32 bytes | met |\n|---|---:|---:|---:|---|');
  for (const { name, parameters, seconds, peak, met } of results) {
    const cells = [
      name,
      parameters.toLocaleString('en-US'),
      seconds.toFixed(2),
      peak.toFixed(2),
      met ? 'yes' : 'no',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(
    `\nAsked: at most ${ASKED.seconds} s, a peak of at most ${ASKED.peak} times the f32 bytes beside Node itself.`,
  );
  if (!results.every(({ met }) => met)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
