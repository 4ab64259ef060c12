/** Real models of ../shared: imported both ways, on real samples. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { hasTflite, loadTflite } from '../../../src/cli/against/tflite.js';
import { tensorOf, type Graph } from '../../../src/graph/index.js';
import { importModel } from '../../../src/import/index.js';
import { prepareForExport } from '../../../src/passes/index.js';
import { runReference } from '../../../src/reference/index.js';
import { needsShared, SHARED } from '../../helpers/shared.js';

const RESNET = `${SHARED}models/resnet8-cifar10/pretrainedResnet`;
const KEYWORDS = `${SHARED}models/dscnn-kws/kws_ref_model`;
const MOBILENET = `${SHARED}models/mobilenet-v2-1.0-224/tf2_mobilenet_v2_1.0_224_ptq.tflite`;

/** The first pictures of CIFAR-10's test set, 0..255, channels last. */
function pictures(count: number): Float32Array[] {
  const records = gunzipSync(readFileSync(`${SHARED}data/cifar10/test-5k.bin.gz`));
  return Array.from({ length: count }, (_, i) => {
    const planes = records.subarray(i * 3073 + 1, (i + 1) * 3073);
    return Float32Array.from({ length: 3072 }, (_, at) => planes[(at % 3) * 1024 + Math.floor(at / 3)]);
  });
}

/** Features of spoken words, by the scale of the int8 network's input. */
function words(count: number): Float32Array[] {
  const stored = new Int8Array(readFileSync(`${SHARED}data/kws01/features-1000x49x10-i8.bin`));
  const scale = 0.5847029089927673;
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(stored.subarray(i * 490, (i + 1) * 490), (q) => scale * (q - 83)),
  );
}

function largestAt(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, i, all) => (value > all[best] ? i : best), 0);
}

function score(graph: Graph, x: Float32Array): Float32Array {
  return runReference(graph, [x])[0] as Float32Array;
}

function greatestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

t.test(
  'ResNet-8: the f32 .tflite and the .h5 that it was made from',
  needsShared('models/resnet8-cifar10'),
  async (t) => {
    const [ours, keras] = await Promise.all([
      importModel(`${RESNET}.tflite`),
      importModel(`${RESNET}.h5`).then(prepareForExport),
    ]);
    for (const x of pictures(3)) {
      // Keras' batch norms are still nodes of their own; running them needs their fold.
      const folded = (await import('../../../src/passes/index.js')).prepareForExport(keras);
      t.ok(greatestDifference(score(ours, x), score(folded, x)) < 1e-5);
    }
  },
);

t.test('ResNet-8 int8: kept, it agrees with its f32', needsShared('models/resnet8-cifar10'), async (t) => {
  const file = `${RESNET}_quant.tflite`;
  const [kept, real] = await Promise.all([importModel(file, { quantized: 'keep' }), importModel(file)]);
  const int8 = kept.nodes.filter(({ outputs }) => tensorOf(kept, outputs[0]).dtype === 'i8');
  t.same(
    kept.nodes.filter((node) => !int8.includes(node)).map(({ op }) => op),
    ['dequantize', 'softmax'],
  );
  const agree = pictures(20).filter((x) => largestAt(score(kept, x)) === largestAt(score(real, x)));
  t.ok(agree.length >= 19, `${agree.length} of 20`);
});

const withTflite = hasTflite()
  ? needsShared('models/dscnn-kws')
  : { skip: '@tensorflow/tfjs-tflite is not installed' };

t.test('int8 kept, against TFLite', withTflite, async (t) => {
  const kinds: [string, Float32Array[]][] = [
    [`${RESNET}_quant.tflite`, pictures(20)],
    [`${KEYWORDS}.tflite`, words(40)],
  ];
  for (const [file, samples] of kinds) {
    const [graph, engine] = await Promise.all([
      importModel(file, { quantized: 'keep' }),
      loadTflite(readFileSync(file)),
    ]);
    const agree = samples.filter((x) => largestAt(score(graph, x)) === largestAt(engine.run([x])[0]));
    t.ok(agree.length >= samples.length - 1, `${agree.length} of ${samples.length}`);
  }
});

t.test(
  'keyword spotting: int8, and hybrid of int8 and f32 weights',
  needsShared('models/dscnn-kws'),
  async (t) => {
    const labels = readFileSync(`${SHARED}data/kws01/labels-1000-u8.bin`);
    const graphs = await Promise.all([
      importModel(`${KEYWORDS}.tflite`, { quantized: 'keep' }),
      importModel(`${KEYWORDS}.tflite`),
      importModel(`${KEYWORDS}_float32.tflite`),
    ]);
    for (const graph of graphs) {
      const right = words(60).filter((x, i) => largestAt(score(graph, x)) === labels[i]);
      t.ok(right.length >= 50, `${right.length} of 60 right`);
    }
  },
);

t.test(
  'MobileNetV2: labels, bytes and int8 from end to end',
  needsShared('models/mobilenet-v2-1.0-224'),
  async (t) => {
    const graph = await importModel(MOBILENET, { quantized: 'keep' });
    t.equal((graph.metadata.labels as string[]).length, 1001);
    t.same(graph.metadata.preprocessing, {
      scale: 0.007843137718737125,
      offset: Math.fround(-127 * 0.007843137718737125),
    });
    const int8 = graph.nodes.filter(({ outputs }) => tensorOf(graph, outputs[0]).dtype === 'i8');
    t.ok(int8.length >= graph.nodes.length - 2, 'all but dequantize and softmax');
  },
);
