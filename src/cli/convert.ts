import type { Command } from 'commander';
import { writeWhole } from '../files/index.js';
import { defaultOut, ensureWritable } from './support/files.js';
import { importForeign } from './support/import-foreign.js';
import {
  createCommand,
  foreignOptions,
  foreignOptionsOf,
  preprocessOption,
  type ForeignFlags,
} from './support/options.js';
import { bytes, count, print, printJson } from './support/output.js';
import { readPreprocessing } from './support/preprocessing.js';

interface Options extends ForeignFlags {
  out?: string;
  preprocess?: string;
  float16?: boolean;
  json?: boolean;
}

async function run(model: string, options: Options): Promise<void> {
  const out = options.out ?? defaultOut(model);
  await ensureWritable(out, model);
  const { convert } = await import('../compress/index.js');
  const graph = await importForeign(model, foreignOptionsOf(options));
  if (options.preprocess) graph.metadata['preprocessing'] = await readPreprocessing(options.preprocess);
  const { bytes: file, report } = convert(graph, { float16: options.float16 });
  await writeWhole(out, file);
  if (options.json) printJson(report);
  else
    print(
      `${out}: ${bytes(report.file_bytes)}, ${count(report.params)} weights in ${report.layers.length} layers`,
    );
}

export function convertCommand(): Command {
  const command = createCommand('convert <model>', 'write a model as a .lop file as it is, without data', [
    'lopper convert mobilenet/model.json -o mobilenet.lop',
    'lopper convert resnet-int8.tflite --quantized keep -o resnet.lop',
  ])
    .option('-o, --out <file>', "where to write (default: the model's name, .lop)")
    .option('--float16', 'round f32 kernels to half precision: half the file, computed as f32');
  return foreignOptions(preprocessOption(command)).action(run);
}
