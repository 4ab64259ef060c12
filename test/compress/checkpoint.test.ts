import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { Checkpoint, graphHash, removeCheckpoint, type Progress } from '../../src/compress/checkpoint.js';
import { Batcher, selectBackend, setMask, Trainer, type TrainerState } from '../../src/train/index.js';
import { blobs } from '../helpers/blobs.js';
import { perceptron } from '../helpers/graphs.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const graph = perceptron([6], [2, 2, 1], 4);
const data = blobs({ inputShape: [2, 2, 1] });
const identity = { recipe: 'r'.repeat(64), source: 's'.repeat(64), data: 'd'.repeat(64) };

/** Of a run that is in its recovery. */
const progressOf = (trainer: Trainer): Progress => ({
  baseline: { accuracy: 0.5, top5: 1, count: 64 },
  history: [{ stage: 'recover', epoch: 0, loss: 0.25 }],
  stage: 'recover',
  work: { graph },
  step: trainer.step,
  state: trainer.state(),
});

async function trained(steps: number): Promise<Trainer> {
  const trainer = new Trainer(graph);
  const batcher = new Batcher(data.train, { ...data, batch: 16 });
  setMask(
    trainer.parameters.get('fc1/kernel')!,
    Uint8Array.from({ length: 24 }, (_, i) => i % 2),
  );
  for (let step = 0; step < steps; step++) trainer.train(await batcher.at(step), 0.01);
  return trainer;
}

t.test('what was saved comes back bit for bit', async (t) => {
  const folder = t.testdir();
  const checkpoint = new Checkpoint(`${folder}/new`, identity);
  const trainer = await trained(5);
  await checkpoint.save(progressOf(trainer));
  t.same(readdirSync(`${folder}/new`), ['training.ckpt'], 'no temporary file is left');
  const loaded = await checkpoint.load();
  t.same(loaded, progressOf(trainer));
  const other = new Trainer(graph);
  other.restore(loaded!.state as TrainerState);
  t.equal(other.step, 5);
  t.same(other.parameters, trainer.parameters);
  await removeCheckpoint(`${folder}/new`);
  t.equal(await checkpoint.load(), undefined);
  t.same(readdirSync(folder), [], 'nor the folder');
});

t.test('another recipe, model or data set is refused', async (t) => {
  const folder = t.testdir();
  await new Checkpoint(folder, identity).save(progressOf(await trained(1)));
  for (const [key, what] of [
    ['recipe', 'recipe'],
    ['source', 'model'],
    ['data', 'data set'],
  ]) {
    const other = new Checkpoint(folder, { ...identity, [key]: 'another' });
    await t.rejects(other.load(), {
      name: 'CheckpointError',
      message: new RegExp(`expected a checkpoint of this ${what} \\(another\\), got one of another`),
    });
  }
});

t.test('damaged files are refused', async (t) => {
  const checkpoint = new Checkpoint(t.testdir(), identity);
  await checkpoint.save(progressOf(await trained(1)));
  const whole = readFileSync(checkpoint.path);
  const flipped = Buffer.from(whole);
  flipped[whole.length - 1] ^= 1;
  for (const bytes of [
    Buffer.alloc(0),
    whole.subarray(0, 40),
    whole.subarray(0, -1),
    flipped,
    Buffer.alloc(90, 255),
  ]) {
    writeFileSync(checkpoint.path, bytes);
    await t.rejects(checkpoint.load(), {
      name: 'CheckpointError',
      message: /damaged file/,
    });
  }
});

t.test("a graph's hash changes with any weight, name or attribute", (t) => {
  const changed = structuredClone(graph);
  t.equal(graphHash(changed), graphHash(graph));
  changed.weights.get('fc1/bias')!.data[0] += 1;
  t.not(graphHash(changed), graphHash(graph));
  const renamed = structuredClone(graph);
  renamed.nodes[1].attributes.activation = 'relu6';
  t.not(graphHash(renamed), graphHash(graph));
  t.end();
});
