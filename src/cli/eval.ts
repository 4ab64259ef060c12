import type { Command } from 'commander';
import { openData } from './support/data.js';
import { evaluateExecutors, openExecutor, type Executor } from './support/executor.js';
import { interruptible } from './support/interrupt.js';
import { createCommand, wholeNumber } from './support/options.js';
import { percent, print, printJson, table } from './support/output.js';
import { createProgress } from './support/progress.js';

interface Options {
  data: string;
  limit?: number;
  against?: string;
  json?: boolean;
}

async function run(model: string, { data: name, limit, against, json }: Options): Promise<void> {
  const executors: Executor[] = [];
  const progress = createProgress('evaluating');
  try {
    for (const path of against === undefined ? [model] : [model, against])
      executors.push(await openExecutor(path));
    const { evaluations, agreement } = await interruptible(
      () => 'run the same command again',
      async (signal) => {
        const data = await openData(name, { split: 'test', signal });
        return evaluateExecutors(executors, data, { limit, signal, onProgress: progress.update });
      },
    );
    const [{ accuracy, top5, count }] = evaluations;
    progress.stop();
    if (json) {
      const shared = executors.length > 1 ? agreement : null;
      return printJson({ metric: 'accuracy', value: accuracy, count, top5, agreement: shared });
    }
    const rows = evaluations.map((one, i) => [executors[i].name, percent(one.accuracy), percent(one.top5)]);
    print(table(['model', 'accuracy', 'top 5'], rows), `${count} test samples of ${name}`);
    if (executors.length > 1) print(`the same class for ${percent(agreement)} of them`);
  } finally {
    progress.stop();
    for (const executor of executors) executor.dispose();
  }
}

export function evalCommand(): Command {
  return createCommand('eval <model>', 'accuracy of a model or a .lop file on a labelled set', [
    'lopper eval digits.lop --data mnist --limit 1000',
    'lopper eval digits.lop --data mnist --against models/mnist-cnn/dense/model.json',
  ])
    .requiredOption('--data <set>', 'labelled set: a name (mnist, cifar10) or a folder')
    .option('--limit <n>', 'only the first n test samples', wholeNumber(1))
    .option('--against <model>', 'another model or .lop: how often both name the same class')
    .action(run);
}
