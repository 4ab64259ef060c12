// Seconds a training step on one thread and on several, interleaved. usage: npm run bench:workers -- [--workers 2] [--rounds 5]
import { parseArgs } from 'node:util';
import { importModel } from '../dist/compress/index.js';
import { cleanUp } from '../dist/passes/index.js';
import { Crew, selectBackend, Trainer } from '../dist/train/index.js';

const SHARED = new URL('../../shared/models/', import.meta.url).pathname;
const MODELS = [
  ['LeNet-5', 'models/lenet-5/dense/model.json'],
  ['ResNet-8', `${SHARED}resnet8-cifar10/pretrainedResnet.h5`],
  ['ResNet-20', `${SHARED}resnet20-cifar10/resnet20.onnx`],
];
const BATCH = 64;
const { values } = parseArgs({
  options: { workers: { type: 'string', default: '2' }, rounds: { type: 'string', default: '5' } },
});
const workers = Number(values.workers);
const rounds = Number(values.rounds);

/** Samples of noise: what they are costs the same. */
function noise(graph) {
  const size = graph.tensors.get(graph.inputs[0]).shape.reduce((product, dim) => product * dim, 1);
  const x = Float32Array.from({ length: BATCH * size }, (_, i) => Math.sin(i * 12.9898) / 2 + 0.5);
  return { x, y: Int32Array.from({ length: BATCH }, (_, i) => i % 10), count: BATCH };
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
async function time(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

await selectBackend();
console.log(
  `batch ${BATCH}; medians of ${rounds} rounds\n| network | 1 thread, ms | ${workers} threads, ms | ratio |\n|---|---|---|---|`,
);
for (const [name, path] of MODELS) {
  const graph = cleanUp(await importModel(path));
  const trainer = new Trainer(graph);
  const crew = await Crew.open(trainer, { shards: workers, workers });
  const batch = noise(graph);
  const [one, several] = [[], []];
  for (let round = -2; round < rounds; round++) {
    const alone = await time(async () => trainer.apply(trainer.gradients(batch), 1e-4));
    const shared = await time(async () => trainer.apply(await crew.gradients(batch), 1e-4));
    if (round < 0) continue;
    one.push(alone);
    several.push(shared);
  }
  await crew.close();
  console.log(
    `| ${name} | ${median(one).toFixed(0)} | ${median(several).toFixed(0)} | ${(median(one) / median(several)).toFixed(2)} |`,
  );
}
