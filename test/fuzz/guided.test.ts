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
const SECONDS = 1.5;

const TARGETS = 'ts wasm tfjs-layers tfjs-graph keras-h5 keras tflite onnx recipe'.split(' ');

interface Report {
  target: string;
  executions: number;
  edges: number;
  outcomes: Record<string, number>;
  failures: object[];
}

async function fuzz(...options: string[]): Promise<Report[]> {
  const started = promisify(execFile)(process.execPath, ['scripts/fuzz.mjs', '--target', 'all', ...options], {
    cwd: ROOT,
  });
  const { stdout } = await started.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Report[];
}

const skip = existsSync(`${ROOT}/dist/wasm/lopper-simd128-all.wasm`)
  ? false
  : 'dist/wasm is not built: npm run build:wasm';

t.test('seeds, corpus and fixtures', { skip }, async (t) => {
  const reports = await fuzz('--engine', 'replay');
  t.same(
    reports.map(({ target }) => target),
    TARGETS,
  );
  for (const { target, executions, edges, outcomes, failures } of reports) {
    t.same(failures, [], target);
    t.equal(executions, keptFiles(target).length, `${target}: all files`);
    t.ok(edges > 200 && outcomes.ok > 0, `${target}: ${edges} edges`);
  }
});

t.test(`a short search (SEED=${SEED})`, { skip }, async (t) => {
  for (const { target, executions, failures, ...figures } of await fuzz(
    '--seconds',
    String(SECONDS),
    '--seed',
    String(SEED),
  )) {
    t.same(failures, [], `${target}: SEED=${SEED} ${JSON.stringify(figures)}`);
    t.ok(executions > 100, `${target}: ${executions} executions`);
  }
});
