/** The bundled networks: each file as its recipe says, and the same answers on every executor. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { graphHash } from '../src/compress/checkpoint.js';
import { importModel, parseRecipe, recipeHash } from '../src/compress/index.js';
import { lopStatistics, readLop } from '../src/format/index.js';
import { loadReference } from '../src/reference/index.js';
import { load } from '../src/runtime/node.js';
import { labelsOf, loadDataset, ScoreBoard, valuesOf } from '../src/train/index.js';

const MODELS = fileURLToPath(new URL('../models/', import.meta.url));

interface Golden {
  preprocessing: { scale: number; offset: number };
  samples: { label: number; pixels: number[]; scores: number[] }[];
}

/** Largest size, as a fraction of the f32 weights, and largest loss of accuracy, of all test digits. */
const MARKS: Record<string, { smaller: number; drop: number }> = {
  'mnist-cnn': { smaller: 20, drop: 0.003 },
  'lenet-300-100': { smaller: 60, drop: 0.001 },
  'lenet-5': { smaller: 80, drop: 0.001 },
};

const read = (name: string, file: string): Uint8Array => readFileSync(`${MODELS}${name}/${file}`);
const json = (name: string, file: string): unknown => JSON.parse(Buffer.from(read(name, file)).toString());

for (const [name, { smaller, drop }] of Object.entries(MARKS)) {
  t.test(`${name}: golden digits`, async (t) => {
    const { preprocessing, samples } = json(name, 'golden.json') as Golden;
    const bytes = read(name, 'model.lop');
    const model = await load(bytes);
    const reference = loadReference(bytes);
    for (const { pixels, scores } of samples) {
      const input = Float32Array.from(pixels, (pixel) => pixel * preprocessing.scale + preprocessing.offset);
      // Only the last softmax is f32: FORMAT.md allows 8 * 2^-24 of the largest output.
      for (const [executor, answer] of [reference.run(input)[0], model.run(input)[0]].entries()) {
        const worst = Math.max(...scores.map((score, i) => Math.abs(score - answer[i])));
        t.ok(worst <= 8 * 2 ** -24, `${['reference', 'wasm'][executor]}: differs by ${worst}`);
      }
    }
    model.dispose();
  });

  t.test(`${name}: size, sparsity and accuracy`, async (t) => {
    const bytes = read(name, 'model.lop');
    const statistics = lopStatistics(bytes);
    const recipe = parseRecipe(json(name, 'recipe.json'));
    const dense = json(name, 'dense/model.json') as { userDefinedMetadata: { accuracy: number } };
    t.ok(
      bytes.length * smaller <= statistics.dense_f32_bytes,
      `${bytes.length} of ${statistics.dense_f32_bytes} bytes`,
    );
    const kernels = statistics.weights.filter(({ role }) => role === 'kernel');
    const params = kernels.reduce((sum, weight) => sum + weight.params, 0);
    const kept = kernels.reduce((sum, weight) => sum + weight.kept, 0);
    t.ok(
      kept <= Math.round(params * (1 - (recipe.prune!.sparsity as number))),
      `${kept} of ${params} weights kept`,
    );

    const data = await loadDataset(`${MODELS}data/mnist`, { split: 'test' });
    const model = await load(bytes);
    const scale = data.preprocessing.scale as number;
    const [x, y] = [valuesOf(data.test), labelsOf(data.test)];
    const input = new Float32Array(784);
    const board = new ScoreBoard();
    for (let i = 0; i < data.test.count; i++) {
      for (let p = 0; p < 784; p++) input[p] = x[i * 784 + p] * scale;
      board.add(model.run(input)[0], [y[i]]);
    }
    const { accuracy } = board.evaluation();
    t.equal(accuracy, (model.metadata as { accuracy: number }).accuracy, 'the accuracy that the file states');
    t.ok(
      accuracy >= dense.userDefinedMetadata.accuracy - drop,
      `${accuracy} after ${dense.userDefinedMetadata.accuracy}`,
    );
    model.dispose();
  });
}

t.test('models/README.md has every file and its hash', async (t) => {
  const readme = readFileSync(`${MODELS}README.md`, 'utf8');
  const rows = [...readme.matchAll(/^\| `(\S+)` \| ([0-9a-f]{16}) \| \S.* \|$/gm)];
  const kept = readdirSync(MODELS, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(lop|gz|bin)$|dense\/model\.json$/.test(path));
  t.same(rows.map(([, path]) => path).sort(), kept.sort());
  for (const [, path, sha256] of rows)
    t.equal(
      createHash('sha256')
        .update(readFileSync(`${MODELS}${path}`))
        .digest('hex')
        .slice(0, 16),
      sha256,
      path,
    );
});

t.test('what a file says of itself is so: its source, its recipe, the data', async (t) => {
  const versions = readdirSync(`${MODELS}mnist-cnn/versions`).map((file) => [
    'mnist-cnn',
    `versions/${file}`,
  ]);
  for (const [name, file] of [...Object.keys(MARKS).map((name) => [name, 'model.lop']), ...versions]) {
    const source = await importModel(`${MODELS}${name}/dense/model.json`);
    const { metadata } = readLop(read(name, file));
    t.match(metadata, {
      provenance: { sha256: graphHash(source).slice(0, 16) },
      data: { name: 'mnist', sha256: '40a49798084ef99f' },
      backend: 'wasm',
    });
    if (file !== 'model.lop') continue;
    const recipe = parseRecipe(json(name, 'recipe.json'));
    t.same(metadata['recipe'], { name: recipe.name, sha256: recipeHash(recipe).slice(0, 16) });
  }
});
