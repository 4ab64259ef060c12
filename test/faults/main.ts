/** `npm run test:faults`: kills bundled models' compressions and searches, many times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killCampaign } from './kills.js';
import { bundledSubjects, tinySubjects } from './subjects.js';

const HELP = `npm run test:faults -- [--kills 50] [--search-kills 6] [--seed 1] [--tiny]

Starts lopper compress and lopper search as child processes, kills them (SIGKILL) at seeded moments, also while they write a
checkpoint or the file, resumes them, and kills them again up to a few times. In the end the .lop must be that of an
uninterrupted run, to the byte; at each kill the output must be the old file, none, or the whole new one. Prints a summary as
JSON; exit code 1 where something was not so.

  --kills N         kills of compressions
  --search-kills N  kills of searches
  --seed N          of the moments
  --tiny            a network of 188 weights instead of LeNet-300-100
`;

interface Flags {
  kills: number;
  searchKills: number;
  seed: number;
  tiny: boolean;
}

/** undefined: help was asked for. @throws TypeError, RangeError for wrong usage */
function readFlags(): Flags | undefined {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      'search-kills': { type: 'string', default: '6' },
      seed: { type: 'string', default: '1' },
      tiny: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (name: 'kills' | 'search-kills' | 'seed'): number => {
    if (/^\d+$/.test(values[name])) return Number(values[name]);
    throw new RangeError(`--${name}: expected a whole number, got ${values[name]}`);
  };
  return {
    kills: whole('kills'),
    searchKills: whole('search-kills'),
    seed: whole('seed'),
    tiny: values.tiny,
  };
}

async function run({ kills, searchKills, seed, tiny }: Flags): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'lopper-kills-'));
  const subjects = (tiny ? tinySubjects : bundledSubjects)(join(folder, 'subjects'));
  const onCase = process.stderr.isTTY ? (line: string) => console.error(line) : undefined;
  const campaign = (command: string, count: number) =>
    killCampaign(
      subjects.filter((subject) => subject.command === command),
      { kills: count, seed, folder: join(folder, command), onCase },
    );
  try {
    const compress = await campaign('compress', kills);
    const search = await campaign('search', searchKills);
    console.log(JSON.stringify({ seed, compress, search }, null, 2));
    return compress.faults.length + search.faults.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const flags = readFlags();
  if (flags === undefined) console.log(HELP);
  else process.exitCode = (await run(flags)) ? 0 : 1;
} catch (error) {
  const isUsage = error instanceof TypeError || error instanceof RangeError;
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = isUsage ? 2 : 1;
}
