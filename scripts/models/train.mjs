// Trains a bundled dense network from scratch and writes models/<name>/dense/ (tfjs layers-model).
// usage: node scripts/models/train.mjs <name> [--data mnist] [--epochs N] [--seed N] [--shift PIXELS] [--out folder]
// The committed ones: see models/README.md. Needs `npm run build`; the whole MNIST comes from LOPPER_DATA.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createParameters, evaluate, fit, loadDataset, selectBackend, shiftAndFlip } from '../../dist/train/index.js';
import { importModel } from '../../dist/import/index.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'mnist' },
    epochs: { type: 'string', default: '20' },
    rate: { type: 'string', default: '0.001' },
    batch: { type: 'string', default: '128' },
    seed: { type: 'string', default: '1' },
    shift: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
const [name] = positionals;
const backend = await selectBackend();
const { architectures } = await import('./architectures.mjs');
const tf = await import('@tensorflow/tfjs');
if (!(name in architectures)) {
  process.stderr.write(`train: expected one of ${Object.keys(architectures).join(', ')}, got ${name}\n`);
  process.exit(2);
}

const model = architectures[name](Number(values.seed));
const artifacts = await new Promise((resolve) => {
  model.save(tf.io.withSaveHandler(async (all) => (resolve(all), { modelArtifactsInfo: { dateSaved: new Date(0) } })));
});
const data = await loadDataset(values.data, { onLog: console.error });
console.error(`${name}: ${model.countParams()} parameters, ${data.train.count} samples, backend ${backend.name}`);

const shift = Number(values.shift);
const { graph } = await fit(await importModel(artifacts), data, {
  epochs: Number(values.epochs),
  batch: Number(values.batch),
  seed: Number(values.seed),
  optimizer: { type: 'adam', learningRate: Number(values.rate) },
  schedule: { type: 'cosine' },
  augment: shift > 0 ? shiftAndFlip({ shift }) : undefined,
  onEpoch: ({ epoch, loss, accuracy, seconds }) =>
    console.error(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, ${(100 * accuracy).toFixed(2)} %, ${seconds.toFixed(1)} s`),
});
const { accuracy, count } = await evaluate(graph, data);

const parameters = createParameters(graph);
const weights = artifacts.weightSpecs.map((spec) => parameters.get(spec.name).values);
const folder = values.out ?? new URL(`../../models/${name}/dense`, import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/weights.bin`, Buffer.concat(weights.map((w) => Buffer.from(w.buffer, w.byteOffset, w.byteLength))));
const manifest = [{ paths: ['weights.bin'], weights: artifacts.weightSpecs }];
const { modelTopology } = artifacts;
const userDefinedMetadata = { accuracy, data: `${data.name}, ${count} test samples` };
const json = {
  format: 'layers-model',
  generatedBy: 'Lopper',
  convertedBy: null,
  modelTopology,
  userDefinedMetadata,
  weightsManifest: manifest,
};
writeFileSync(`${folder}/model.json`, `${JSON.stringify(json)}\n`);
process.stdout.write(`${name}: ${(100 * accuracy).toFixed(2)} % of ${count} test samples, written to ${folder}\n`);
process.exit(0);
