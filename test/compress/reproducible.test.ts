/** The same recipe, data and seed give the same file, byte for byte, on the same backend; what another backend changes is counted. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { compress } from '../../src/compress/index.js';
import { readLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/index.js';
import { dataHash, fit, initialize, selectBackend, type Dataset } from '../../src/train/index.js';
import { blobs } from '../helpers/blobs.js';
import { perceptron } from '../helpers/graphs.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const recipe = {
  name: 'reproducible',
  seed: 5,
  prune: { sparsity: 0.6, update: { samples: 64 } },
  recover: { epochs: 3, batch: 16, shards: 2, distill: { weight: 0.5 } },
  quantize: { train: { epochs: 1 } },
};

const data: Dataset = blobs({ inputShape: [4, 4, 2], train: 160, test: 96, seed: 3 });

async function trained(): Promise<Graph> {
  const options = { epochs: 6, batch: 16, learningRate: 0.01 };
  return (await fit(initialize(perceptron([24], [4, 4, 2], 4), 2), data, options)).graph;
}

/** What a process of its own makes of the bundled network, on a few digits. */
const PROGRAM = `
  import { compress, importModel } from './dist/compress/index.js';
  import { loadDataset, takeFirst } from './dist/train/index.js';
  import { createHash } from 'node:crypto';
  const graph = await importModel('models/mnist-cnn/dense/model.json');
  const whole = await loadDataset('models/data/mnist', { inputShape: [28, 28, 1] });
  const data = { ...whole, train: takeFirst(whole.train, 512), test: takeFirst(whole.test, 128) };
  const recipe = { seed: 2, prune: { sparsity: 0.8, block: [1, 2] },
    recover: { epochs: 2, shards: 2, augment: { shift: 1 }, distill: {} }, quantize: {} };
  const { bytes } = await compress(graph, recipe, { data, workers: Number(process.argv[1]), limit: 64 });
  console.log(createHash('sha256').update(bytes).digest('hex'), bytes.length);`;

t.test('processes of their own, with one thread and with two: the same bytes', async (t) => {
  const run = (workers: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, workers], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const first = run('1');
  t.match(first, /^[0-9a-f]{64} \d+\n$/);
  t.equal(run('1'), first, 'again');
  t.equal(run('2'), first, 'two threads');
});

t.test(
  'another backend adds in another order: other weights, the same shape of file, and the file says which it was',
  async (t) => {
    await selectBackend({ prefer: 'wasm' });
    const dense = await trained();
    const on = async (backend: 'wasm' | 'cpu') => {
      await selectBackend({ prefer: backend });
      const { bytes, report } = await compress(dense, recipe, { data });
      return { model: readLop(bytes), accuracy: report.final.accuracy!, bytes };
    };
    const wasm = await on('wasm');
    const cpu = await on('cpu');
    const again = await on('cpu');
    t.same(again.bytes, cpu.bytes, 'each backend repeats itself');
    t.equal(wasm.model.metadata['backend'], 'wasm');
    t.equal(cpu.model.metadata['backend'], 'cpu');
    const kernels = [...wasm.model.weights.values()].filter(({ dtype }) => dtype === 'i8');
    let differing = 0;
    let largest = 0;
    let all = 0;
    for (const { name, shape, data } of kernels) {
      const other = cpu.model.weights.get(name)!;
      t.same(other.shape, shape);
      all += data.length;
      data.forEach((w, i) => {
        const difference = Math.abs(w - other.data[i]);
        if (difference > 0) differing++;
        largest = Math.max(largest, difference);
      });
    }
    t.comment(
      `${differing} of ${all} int8 weights differ, by at most ${largest}; ${wasm.accuracy} and ${cpu.accuracy}`,
    );
    t.ok(Math.abs(wasm.accuracy - cpu.accuracy) <= 0.05, `${wasm.accuracy} and ${cpu.accuracy}`);
    const same = { ...wasm.model.metadata, backend: '', accuracy: 0, sparsity: 0 };
    t.same({ ...cpu.model.metadata, backend: '', accuracy: 0, sparsity: 0 }, same, 'made of the same');
  },
);

t.test('the hash of a set is of its samples and classes, not of its name', async (t) => {
  const first = await dataHash(data);
  t.match(first, /^[0-9a-f]{64}$/);
  t.equal(await dataHash({ ...data, name: 'another' }), first);
  const other = (change: (split: Dataset['test']) => Dataset['test']): Promise<string> =>
    dataHash({ ...data, test: change(data.test) });
  const pixels = Uint8Array.from(data.test.x as Uint8Array);
  pixels[17] ^= 1;
  t.not(await other((test) => ({ ...test, x: pixels })), first, 'one pixel');
  t.not(
    await other((test) => ({ ...test, y: test.y!.map((y, i) => (i === 3 ? (y + 1) % 4 : y)) })),
    first,
    'one class',
  );
  t.not(await other(({ x, count }) => ({ x, count })), first, 'no classes');
  const reader = { dtype: 'u8' as const, read: async (): Promise<Uint8Array> => pixels };
  t.not(await other((test) => ({ ...test, x: reader })), first, 'on disk: the first samples');
});
