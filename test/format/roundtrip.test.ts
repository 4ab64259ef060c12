import t from 'tap';
import { readLop, writeLop, type LopModel } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { random, SEED } from '../helpers/random.js';
import { denseModel, randomWeight, weightsModel } from './models.js';

// Held by the type checker: a Graph is a LopModel and a LopModel is a Graph.
const toGraph = (model: LopModel): Graph => model;
const toModel = (graph: Graph): LopModel => graph;

t.test('a model comes back as it was written', async (t) => {
  const r = random();
  const kernel = Int8Array.from({ length: 10 * 49 }, () => (r.next() < 0.1 ? r.int(-127, 127) : 0));
  const model = toGraph(denseModel(kernel, 10, 49));
  for (const entropy of [false, true]) {
    const bytes = writeLop(model, { entropy });
    t.same(toModel(readLop(bytes)), model, `entropy ${entropy}`);
    t.same(writeLop(readLop(bytes), { entropy }), bytes, 'the same model gives the same bytes');
  }
});

t.test(`random weights come back, bit for bit (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let round = 0; round < 300; round++) {
    const weights = Array.from({ length: 4 }, (_, index) => randomWeight(r, `w${index}`));
    const entropy = r.next() < 0.5;
    const read = readLop(writeLop(weightsModel(weights), { entropy }));
    for (const weight of weights) {
      const got = read.weights.get(weight.name);
      if (!got) return t.fail(`round ${round}: ${weight.name} is lost`);
      // -0 in a pruned block becomes 0; a number otherwise keeps its bits.
      const same = weight.data.every((value, i) => value === got.data[i]);
      const shape = `${weight.dtype} [${weight.shape}] block ${weight.block} entropy ${entropy}`;
      if (!same || String(got.shape) !== String(weight.shape) || String(got.block) !== String(weight.block)) {
        return t.fail(`round ${round}: ${shape}`, { want: weight, got });
      }
    }
  }
  t.pass('1200 weights');
});

t.test('attributes of every type, names in any script, and odd keys come back', async (t) => {
  const model = denseModel(Int8Array.of(1, 0, -1, 5), 2, 2);
  model.nodes[1].attributes = {
    größe: [1, -2, 2147483647],
    none: [],
    ratio: 0.5,
    zero: -0,
    count: -2147483648,
    ['__proto__']: 'weiß 無',
  };
  model.metadata = { accuracy: 0.1 + 0.2, nested: { labels: ['ä', '\u2028', '"'] } };
  const read = readLop(writeLop(model));
  t.same(Object.entries(read.nodes[1].attributes), Object.entries(model.nodes[1].attributes));
  t.ok(Object.is(read.nodes[1].attributes.zero, -0));
  t.same(read.metadata, model.metadata);
});

t.test('a view into a larger buffer, and a Node Buffer, are read alike', async (t) => {
  const model = denseModel(Int8Array.of(1, 0, -1, 5), 2, 2);
  const bytes = writeLop(model);
  const shifted = new Uint8Array(bytes.length + 8).subarray(3, 3 + bytes.length);
  shifted.set(bytes);
  t.same(readLop(shifted), model);
  t.same(readLop(Buffer.from(bytes)), model);
});
