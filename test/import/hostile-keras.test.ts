/**
 * Truncated and bit-flipped .h5, .keras and model.json files: each is imported, or refused with an ImportError that says
 * where; nothing else is thrown, and no import takes long. COUNT of each kind (default 300; 2,000 take 23 s).
 */
import * as tf from '@tensorflow/tfjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ImportError, importModel } from '../../src/import/index.js';
import { random, SEED, type Random } from '../helpers/random.js';
import { asH5, asKeras3 } from './keras/files.js';
import { apply, randomize, saveFolder } from './models.js';

const COUNT = Number(process.env.COUNT ?? 300);

/** Longest import of a broken file of some ten KB; unbroken it takes some milliseconds. */
const MOST_MS = 2000;
/** Most memory that all imports together may add to the process. */
const MOST_BYTES = 512 * 2 ** 20;

const { layers } = tf;

/** Some of each: convolution, normalization, recurrence, a nested model, a shared layer. */
function model(): tf.LayersModel {
  const input = tf.input({ shape: [6, 6, 2], name: 'image' });
  const a = apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }), input);
  const b = apply(layers.batchNormalization(), a);
  const c = apply(layers.add(), [a, b]);
  const d = apply(layers.reshape({ targetShape: [6, 24] }), c);
  const e = apply(layers.lstm({ units: 4, recurrentActivation: 'sigmoid' }), d);
  const block = tf.sequential({ name: 'block', layers: [layers.dense({ units: 4, inputShape: [4] })] });
  return randomize(tf.model({ inputs: input, outputs: apply(block, apply(block, e)) }), random(1));
}

/** A copy cut at a random place, or with one to eight bits flipped, mostly in its first half. */
function mutated(bytes: Uint8Array, r: Random, index: number): Uint8Array {
  if (index % 2 === 1) return bytes.subarray(0, r.int(0, bytes.length - 1));
  const copy = new Uint8Array(bytes);
  const last = r.next() < 0.7 ? bytes.length >> 1 : bytes.length - 1;
  for (let flips = r.int(1, 8); flips > 0; flips--) copy[r.int(0, last)] ^= 1 << r.int(0, 7);
  return copy;
}

type Import = (bytes: Uint8Array) => Promise<unknown>;

/** @param place what a message of the reader must have */
async function attack(t: Test, bytes: Uint8Array, attempt: Import, place: RegExp): Promise<void> {
  const r = random();
  await attempt(bytes);
  const before = process.memoryUsage().rss;
  let refused = 0;
  for (let i = 0; i < COUNT; i++) {
    const start = performance.now();
    const error: unknown = await attempt(mutated(bytes, r, i)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const spent = performance.now() - start;
    if (spent > MOST_MS) t.fail(`file ${i} took ${Math.round(spent)} ms (SEED=${SEED})`);
    if (error === undefined) continue;
    refused++;
    const isGood = error instanceof ImportError && place.test(error.message);
    if (!isGood)
      t.fail(`file ${i}: expected an ImportError with its place, got ${String(error)} (SEED=${SEED})`);
  }
  const added = process.memoryUsage().rss - before;
  t.ok(added < MOST_BYTES, `${added} bytes more`);
  t.ok(refused >= COUNT / 2, `${refused} of ${COUNT} refused: all that were cut`);
}

t.test('.h5', async (t) => {
  const bytes = await asH5(model(), t.testdir());
  await attack(t, bytes, (broken) => importModel(broken), /^\w[^:]*(: |\/)/);
});

t.test('.keras', async (t) => {
  const bytes = await asKeras3(model(), t.testdir());
  await attack(t, bytes, (broken) => importModel(broken), /^\w[^:]*(: |\/)/);
});

t.test('model.json', async (t) => {
  const path = await saveFolder(model(), t.testdir());
  await attack(
    t,
    new Uint8Array(readFileSync(path)),
    async (broken) => {
      writeFileSync(path, broken);
      return importModel(path);
    },
    /^\S.*: /,
  );
});

t.test('weights.bin', async (t) => {
  const path = await saveFolder(model(), t.testdir());
  const weights = join(path, '..', 'weights.bin');
  await attack(
    t,
    new Uint8Array(readFileSync(weights)),
    async (broken) => {
      writeFileSync(weights, broken);
      return importModel(path);
    },
    /weights(\.bin)?: expected/,
  );
});
