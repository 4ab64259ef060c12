import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readInput } from './inputs/index.js';
import { createCommand, wholeNumber } from './support/options.js';
import { preprocessingOf, readPreprocessing } from './support/preprocessing.js';
import { duration, print, printJson, table } from './support/output.js';

interface Options {
  top: number;
  invert?: boolean;
  preprocess?: string;
  json?: boolean;
}

interface Class {
  index: number;
  label: string;
  score: number;
}

function topClasses(scores: ArrayLike<number>, labels: unknown, top: number): Class[] {
  const named = Array.isArray(labels) ? (labels as unknown[]) : [];
  return Array.from(scores, (score, index) => ({ index, label: String(named[index] ?? index), score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, top);
}

async function run(
  file: string,
  input: string,
  { top, invert = false, preprocess, json }: Options,
): Promise<void> {
  const { load } = await import('../runtime/node.js');
  const model = await load(await readFile(file));
  try {
    const preprocessing = preprocess
      ? await readPreprocessing(preprocess)
      : await preprocessingOf(model.metadata);
    const values = await readInput(input, { shape: model.inputs[0].shape, preprocessing, invert });
    const begin = performance.now();
    const outputs = model.run(values);
    const ms = performance.now() - begin;
    const classes = topClasses(outputs[0], model.metadata['labels'], top);
    if (json) {
      const named = model.outputs.map(({ name, shape }, i) => ({
        name,
        shape,
        values: Array.from(outputs[i]),
      }));
      return printJson({ top: classes, outputs: named, milliseconds: ms });
    }
    print(
      table(
        ['class', 'score'],
        classes.map(({ label, score }) => [label, score.toFixed(4)]),
      ),
      `first run ${duration(ms)}`,
    );
  } finally {
    model.dispose();
  }
}

export function runCommand(): Command {
  return createCommand(
    'run <file> <input>',
    'one inference of a .lop file on an image, .wav, .npy, .json or raw bytes',
    ['lopper run digits.lop seven.png --invert'],
  )
    .option('--top <n>', 'how many classes to print', wholeNumber(1), 5)
    .option('--preprocess <preset|file>', 'how the input becomes numbers, instead of what the file records')
    .option('--invert', 'the image is dark on light, the network learnt light on dark (MNIST)')
    .action(run);
}
