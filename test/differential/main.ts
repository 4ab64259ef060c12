// npm run differential -- --count 10000 --seed 1 [--case 1234]
import { parseArgs } from 'node:util';
import { describeCase } from './describe.js';
import { generate } from './generate.js';
import { run } from './run.js';
import { allExecutors } from './schedule.js';

const HELP = `Random graphs of all operators, the same in every executor: the builds of the runtime, its threads, the plain
reference and tfjs. int8 to the bit, f32 within the bounds of src/format/FORMAT.md. Prints a summary as JSON.

  --count n   graphs (default 10000)
  --seed n    of the generator (default 1)
  --case n    this one graph alone
  --help

Failing graphs are made small, printed, and written to build/differential/.

  npm run differential -- --count 300 --seed 7
  npm run differential -- --seed 7 --case 123
`;

const FOLDER = 'build/differential';

/** A whole number; RangeError, which ends in usage, for others. */
function whole(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError(`--${option}: expected a whole number of at least 0, got '${text}'`);
}

interface Chosen {
  seed: number;
  first: number;
  count: number;
  /** One case, which is shown whole. */
  alone: boolean;
}

function options(): Chosen | undefined {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      case: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const seed = whole('seed', values.seed);
  if (values.case !== undefined) return { seed, first: whole('case', values.case), count: 1, alone: true };
  return { seed, first: 0, count: whole('count', values.count), alone: false };
}

async function main(): Promise<void> {
  let chosen: Chosen | undefined;
  try {
    chosen = options();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  if (!chosen) return void process.stdout.write(HELP);
  const { count, seed, first, alone } = chosen;
  if (alone) process.stderr.write(`seed ${seed}, case ${first}\n${describeCase(generate(seed, first))}\n`);
  const report = await run({
    seed,
    first,
    count,
    executors: await allExecutors(),
    folder: FOLDER,
    onProgress(done) {
      if (process.stderr.isTTY && done % 10 === 0) process.stderr.write(`\r${done} of ${count}`);
    },
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  for (const { what } of report.failures) process.stderr.write(`\n${what}\n`);
  if (report.failures.length > 0) process.exitCode = 1;
}

await main();
