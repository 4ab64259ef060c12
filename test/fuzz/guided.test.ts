/** The kept corpus and the fixtures through every target, and a short search from there, in processes of their own as `npm run fuzz` has them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { SEED } from '../helpers/random.js';
import { keptFiles } from './store.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Of the search, for each target. */
const SECONDS = 1;

const TARGETS = 'ts wasm tfjs-layers tfjs-graph keras-h5 keras tflite onnx recipe'.split(' ');

interface Report {
  target: string;
  executions: number;
  edges: number;
  outcomes: Record<string, number>;
  failures: object[];
}

async function fuzz(...options: string[]): Promise<Report[]> {
  const run = promisify(execFile)(process.execPath, ['scripts/fuzz.mjs', '--target', 'all', ...options], {
    cwd: ROOT,
  });
  // Exit 1 says that there are failures, which are in the report.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Report[];
}

const skip = existsSync(`${ROOT}/dist/wasm/lopper-simd128-all.wasm`)
  ? false
  : 'dist/wasm is not built: npm run build:wasm';

t.test(`seeds, corpus and fixtures, and a short search from there (SEED=${SEED})`, { skip }, async (t) => {
  const reports = await fuzz('--seconds', String(SECONDS), '--seed', String(SEED));
  t.same(
    reports.map(({ target }) => target),
    TARGETS,
  );
  for (const { target, failures, ...figures } of reports) {
    t.same(failures, [], `${target}: SEED=${SEED} ${JSON.stringify(figures)}`);
    t.ok(figures.executions > keptFiles(target).length, `${target}: all files and more`);
    t.ok(figures.edges > 200 && figures.outcomes.ok > 0, `${target}: some are accepted`);
  }
});
