/** A real network from PyTorch: ResNet-20 on CIFAR-10, channels first, shortcuts by slices and computed pads. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { importModel } from '../../../src/import/index.js';
import { runReference } from '../../../src/reference/index.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { compareBytes } from './compare.js';

const MODEL = 'models/resnet20-cifar10/resnet20.onnx';
const IMAGES = 'data/cifar10/test-5k.bin.gz';
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const PIXELS = 32 * 32;

/** Records of a label and 1024 R, G, B; normalized as the model was trained. */
function image(records: Uint8Array, index: number): { label: number; data: Float32Array } {
  const record = records.subarray(index * 3073, (index + 1) * 3073);
  const data = Float32Array.from(record.subarray(1), (byte, i) => {
    const channel = Math.floor(i / PIXELS);
    return (byte / 255 - MEAN[channel]) / DEVIATION[channel];
  });
  return { label: record[0], data };
}

function channelsLast(data: Float32Array): Float32Array {
  return data.map((_, i) => data[(i % 3) * PIXELS + Math.floor(i / 3)]);
}

t.test('ResNet-20 gives what onnxruntime gives', needsShared(MODEL), async (t) => {
  const records = gunzipSync(readFileSync(SHARED + IMAGES));
  const bytes = readFileSync(SHARED + MODEL);
  for (const index of [0, 1]) {
    const { data } = image(records, index);
    const { difference, graph } = await compareBytes(bytes, { input: { dims: [1, 3, 32, 32], data } });
    t.ok(difference < 1e-4, `${difference}`);
    t.same([...new Set(graph.nodes.map(({ op }) => op))].sort(), [
      'add',
      'avg_pool2d',
      'conv2d',
      'dense',
      'pad',
      'relu',
      'reshape',
      'slice',
    ]);
  }
});

t.test('and knows CIFAR-10', needsShared(MODEL), async (t) => {
  const records = gunzipSync(readFileSync(SHARED + IMAGES));
  const graph = await importModel(SHARED + MODEL);
  const count = Number(process.env['COUNT'] ?? 40);
  let right = 0;
  for (let index = 0; index < count; index++) {
    const { label, data } = image(records, index);
    const [scores] = runReference(graph, [channelsLast(data)]);
    if (scores.indexOf(Math.max(...scores)) === label) right++;
  }
  t.comment(`${right} of ${count}`);
  t.ok(right >= count * 0.85, `${right} of ${count}`);
});
