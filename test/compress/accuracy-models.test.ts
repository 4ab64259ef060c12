/**
 * Each model of docs/accuracy.md as an int8 `.lop`: the builds give the plain reference's int8 tensors to the bit, and f32 within
 * FORMAT.md's bound. Networks whose reference takes long only with LARGE=1: `npm run test:identity`.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { calibrate, importModel, prepareForExport, quantizeGraph } from '../../src/compress/index.js';
import { writeLop } from '../../src/format/index.js';
import type { Graph, Tensor } from '../../src/graph/index.js';
import type { Values } from '../../src/ops/op.js';
import { PRESETS } from '../../src/preprocess/index.js';
import { referenceTensors } from '../../src/reference/index.js';
import { Batcher, loadDataset, selectBackend, type Dataset } from '../../src/train/index.js';
import { BUILDS, NEEDS_FULL, Runtime } from '../assembly/harness.js';
import { needsShared, SHARED } from '../helpers/shared.js';

/** As scripts/accuracy.mjs has them. */
interface Row {
  name: string;
  path: string;
  data: string;
  preprocess: keyof typeof PRESETS;
  keep?: boolean;
}

const ROWS = JSON.parse(
  readFileSync(new URL('../../scripts/accuracy-rows.json', import.meta.url), 'utf8'),
) as Row[];
const isLarge = ({ name }: Row): boolean => name.startsWith('MobileNet');
/** Bits do not depend on how good the ranges are. */
const SAMPLES = 4;
const CALIBRATION = { calibration: 'minmax', percentile: 99.99, samples: SAMPLES, seed: 1 } as const;
const WEIGHTS = { weights: { bits: 8, per: 'channel' }, activations: { bits: 8 }, float: [] } as const;
/** Of softmax, relative to its largest output: what is f32 in the end comes from one. */
const SOFTMAX = 8 * 2 ** -24;

async function int8Of(graph: Graph, data: Dataset, { keep, preprocess }: Row): Promise<Graph> {
  if (keep) return graph;
  const ranges = await calibrate(graph, data, { ...CALIBRATION, preprocessing: PRESETS[preprocess] });
  return quantizeGraph(graph, ranges, WEIGHTS);
}

/** The first real sample as the model's input. */
async function inputOf({ dtype, quantization }: Tensor, data: Dataset, { preprocess }: Row): Promise<Values> {
  const { inputShape } = data;
  const batcher = new Batcher(data.train, { batch: 1, preprocessing: PRESETS[preprocess], inputShape });
  const { x } = await batcher.shuffled(0, 0, 1);
  if (dtype === 'f32') return Float32Array.from(x);
  const { scale, zeroPoint } = quantization!;
  return Int8Array.from(x, (value) => Math.max(-128, Math.min(127, Math.round(value / scale) + zeroPoint)));
}

/** Where an output of a build differs; nothing for a build without its operators. */
function differences(
  build: (typeof BUILDS)[number],
  graph: Graph,
  input: Values,
  want: Values[],
): string[] | undefined {
  const runtime = new Runtime(build);
  const code = runtime.load(writeLop(graph, { entropy: false }));
  if (code === NEEDS_FULL) return undefined;
  if (code) return [`refused: ${JSON.stringify(runtime.error())}`];
  const got = runtime.run([input], want.length);
  return graph.outputs.filter((_, i) => {
    const largest = want[i] instanceof Int8Array ? 0 : Math.max(...want[i]);
    return (
      got[i].length !== want[i].length ||
      got[i].some((v, at) => !(Math.abs(v - want[i][at]) <= SOFTMAX * largest))
    );
  });
}

for (const row of ROWS) {
  const skip = isLarge(row) && !process.env['LARGE'] ? 'LARGE=1 runs it' : false;
  const needs = skip ? { skip } : needsShared(`models/${row.path}`);
  t.test(row.name, { ...needs, timeout: 300_000 }, async (t) => {
    await selectBackend();
    const quantized = row.keep ? 'keep' : 'dequantize';
    const source = prepareForExport(await importModel(`${SHARED}models/${row.path}`, { quantized }));
    const { shape } = source.tensors.get(source.inputs[0])!;
    const data = await loadDataset(row.data, {
      dir: `${SHARED}data`,
      split: 'train',
      limit: SAMPLES,
      inputShape: shape,
      preprocessing: PRESETS[row.preprocess],
    });
    const graph = await int8Of(source, data, row);
    const input = await inputOf(graph.tensors.get(graph.inputs[0])!, data, row);
    const tensors = referenceTensors(graph, [input]);
    const int8 = graph.nodes
      .map(({ outputs: [name] }) => name)
      .filter((name) => tensors.get(name) instanceof Int8Array);
    t.ok(int8.length > graph.nodes.length / 2, `${int8.length} of ${graph.nodes.length} tensors are int8`);
    // as it is, and with every int8 tensor to look at, whose memory is then never used again
    for (const outputs of [graph.outputs, int8]) {
      const want = outputs.map((name) => tensors.get(name)!);
      const found = BUILDS.map((build) => differences(build, { ...graph, outputs }, input, want));
      t.ok(found.filter(Boolean).length >= 3, 'builds that have the operators');
      found.forEach((names, b) => names && t.same(names, [], `${BUILDS[b]}: ${outputs.length} outputs`));
    }
  });
}
