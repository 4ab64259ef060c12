/** Threads that die, and kernels that throw, in the middle of the work: one clear error, and a resume that comes to the same. */
import * as tf from '@tensorflow/tfjs-core';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import {
  compress,
  selectBackend,
  type CompressOptions,
  type CompressProgress,
} from '../../src/compress/index.js';
import { RECIPE, start, writeData, writeModel, lopper } from '../cli/cli.js';
import { blobs } from '../helpers/blobs.js';
import { perceptron } from '../helpers/graphs.js';
import { SLOW } from './places.js';
import { fewTrials } from './subjects.js';

const DIES = fileURLToPath(new URL('thread-dies.cjs', import.meta.url));

const home = t.testdir();
const data = join(home, 'quadrants');
writeData(data, 512, 60);
const model = writeModel(join(home, 'model'));
const recipe = join(home, 'recipe.json');
writeFileSync(recipe, JSON.stringify(RECIPE));

/** The environment in which a thread of this script dies. */
const dying = (script: string, after: number): Record<string, string> => ({
  NODE_OPTIONS: `--require=${DIES}`,
  DIES_IN: script,
  DIES_AFTER: String(after),
});

t.test('a training thread dies: an error, and the resume comes to the same file', SLOW, async (t) => {
  const [whole, out] = ['whole.lop', 'small.lop'].map((name) => join(home, name));
  const args = [
    'compress',
    model,
    '--recipe',
    recipe,
    '--data',
    data,
    '--workers',
    '2',
    '--limit',
    '20',
    '-o',
  ];
  const done = await lopper(...args, whole);
  t.equal(done.code, 0, done.stderr);
  const { code, stderr } = await start([...args, out], { env: dying('parallel/worker.js', 100) }).result;
  t.equal(code, 1, stderr);
  t.match(stderr, /error: training thread: expected an answer, got its end with exit code 7\n$/);
  t.notOk(existsSync(out));
  const resumed = await lopper(...args, out, '--resume', '--json');
  t.equal(resumed.code, 0, resumed.stderr);
  t.ok((JSON.parse(resumed.stdout) as { resumed_at: number }).resumed_at > 0);
  t.ok(readFileSync(out).equals(readFileSync(whole)));
});

t.test("a search's thread dies: an error, what was found is kept", SLOW, async (t) => {
  const search = join(home, 'search.json');
  writeFileSync(search, JSON.stringify(fewTrials(1)));
  const out = join(home, 'found.lop');
  const args = ['search', model, '--search', search, '--data', data, '-o', out, '--workers', '1'];
  const { code, stderr } = await start(args, { env: dying('search/thread.js', 3) }).result;
  t.equal(code, 1, stderr);
  t.match(stderr, /error: search: a thread ended by itself, exit code 7/);
  const found = readFileSync(join(home, 'found.search.jsonl'), 'utf8').trim().split('\n');
  t.ok(found.length >= 3, 'what it is of, and two trials');
  const resumed = await lopper(...args, '--resume');
  t.equal(resumed.code, 0, resumed.stderr);
});

/** Of the wasm backend: what every training step of a perceptron runs. */
const KERNEL = 'BatchMatMul';

/** From now on the kernel throws. @returns what mends it */
function breakKernel(message: string): () => void {
  const kernel = tf.getKernel(KERNEL, 'wasm');
  const replace = (kernelFunc: tf.KernelFunc): void => {
    tf.unregisterKernel(KERNEL, 'wasm');
    tf.registerKernel({ ...kernel, kernelFunc });
  };
  replace(() => {
    throw new Error(message);
  });
  return () => replace(kernel.kernelFunc);
}

for (const workers of [1, 2])
  t.test(`a backend that throws while ${workers} train`, async (t) => {
    await selectBackend({ prefer: 'wasm' });
    const graph = perceptron([6], [2, 2, 1], 4);
    const set = blobs({ inputShape: [2, 2, 1] });
    const training = { ...RECIPE, recover: { ...RECIPE.recover, shards: 2 } };
    const folder = join(t.testdir(), 'checkpoint');
    const options: CompressOptions = { data: set, workers, checkpoint: { folder } };
    const whole = await compress(graph, training, options);
    let mend: (() => void) | undefined;
    const onProgress = ({ phase, done }: CompressProgress): void => {
      if (phase === 'recover' && done === 20) mend ??= breakKernel('wasm: out of memory');
    };
    t.teardown(() => mend?.());
    await t.rejects(compress(graph, training, { ...options, onProgress }), {
      message: 'wasm: out of memory',
    });
    mend!();
    const resumed = await compress(graph, training, { ...options, checkpoint: { folder, resume: true } });
    t.equal(resumed.report.resumed_at, 16, 'after the last whole epoch');
    t.same(resumed.bytes, whole.bytes);
  });
