import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { SearchReport } from '../../src/compress/search/index.js';
import { RECIPE, lopper, start, writeData, writeModel } from './cli.js';

const folder = t.testdir();
const data = join(folder, 'quadrants');
writeData(data, 256, 40);
const model = writeModel(join(folder, 'model'));

/** Trains an untrained network while it prunes it. */
const description = {
  recipe: { ...RECIPE, storage: { names: 'numbers' } },
  bound: { accuracy: { least: 0.5 } },
  space: { layers: { '*': { sparsity: [0, 0.4, 0.8] } } },
  strategy: { type: 'evolution', population: 3 },
  trials: 6,
  trial: { epochs: 6 },
  final: { rounds: 1, candidates: 1 },
  validation: { samples: 60 },
};
const search = join(folder, 'search.json');
writeFileSync(search, JSON.stringify(description));

const readReport = (out: string): SearchReport =>
  JSON.parse(readFileSync(out.replace('.lop', '.trials.json'), 'utf8')) as SearchReport;

/** Seconds differ from run to run. */
const timeless = ({ trials, chosen }: SearchReport): object =>
  [...trials, chosen].map(({ result, ...trial }) => ({ ...trial, ...result, seconds: 0 }));

t.test('a search on threads writes file, recipe and trials; one thread or two find the same', async (t) => {
  const outs = [join(folder, 'one.lop'), join(folder, 'two.lop')];
  const args = ['search', model, '--search', search, '--data', data];
  const one = await lopper(...args, '-o', outs[0], '--workers', '1');
  t.equal(one.code, 0, one.stderr);
  t.match(one.stdout, /training\s+bytes\s+ratio\s+accuracy\s+holds\s+conv.sparsity/);
  t.match(one.stdout, /one\.lop: [\d,]+ B, 1\/[\d.]+ of the f32 weights/);
  const two = await lopper(...args, '-o', outs[1], '--workers', '2', '--json');
  t.equal(two.code, 0, two.stderr);
  t.match(JSON.parse(two.stdout), {
    file_bytes: Number,
    search: { chosen: { stage: 'final' }, holds: true },
  });
  t.same(timeless(readReport(outs[0])), timeless(readReport(outs[1])));
  t.ok(readFileSync(outs[0]).equals(readFileSync(outs[1])));
  t.notOk(existsSync(join(folder, 'one.search.jsonl')), 'the journal is gone when all is written');
  const again = join(folder, 'again.lop');
  const recipe = join(folder, 'one.recipe.json');
  const compressed = await lopper('compress', model, '--recipe', recipe, '--data', data, '-o', again);
  t.equal(compressed.code, 0, compressed.stderr);
  t.ok(readFileSync(again).equals(readFileSync(outs[0])), 'the recipe gives the file again');
});

t.test('stopped by Ctrl-C it says how to go on, and goes on to the same file', async (t) => {
  const out = join(folder, 'stopped.lop');
  const journal = join(folder, 'stopped.search.jsonl');
  const args = ['search', model, '--search', search, '--data', data, '-o', out, '--workers', '1'];
  const started = start(args);
  while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 4)
    await new Promise((resolve) => setTimeout(resolve, 20));
  started.kill('SIGINT');
  const stopped = await started.result;
  t.equal(stopped.code, 130, stopped.stderr);
  t.match(
    stopped.stderr,
    /what was found so far is in .*stopped\.search\.jsonl; go on with: lopper search .* --resume/,
  );
  const resumed = await lopper(...args, '--resume');
  t.equal(resumed.code, 0, resumed.stderr);
  t.same(timeless(readReport(out)), timeless(readReport(join(folder, 'one.lop'))));
  t.ok(readFileSync(out).equals(readFileSync(join(folder, 'one.lop'))));
});

t.test('by latency: layers are timed on the runtime', async (t) => {
  const fast = join(folder, 'fast.json');
  const out = join(folder, 'fast.lop');
  const bound = { latency: { ratio: 0.95 } };
  const trial = { epochs: 1 };
  writeFileSync(fast, JSON.stringify({ ...description, bound, trials: 3, trial, final: { rounds: 0 } }));
  const done = await lopper('search', model, '--search', fast, '--data', data, '-o', out, '--json');
  t.ok([0, 1].includes(done.code!), done.stderr);
  const { reference, trials, cost } = readReport(out);
  t.equal(cost, 'latency');
  t.ok(reference.latency! > 0);
  t.ok(trials.every(({ result }) => result.latency! > 0 && result.latency! <= reference.latency! + 1e-9));
});

t.test('what cannot be is said before the work', async (t) => {
  const wrong = async (args: string[], code: number, message: RegExp): Promise<void> => {
    const result = await lopper(...args);
    t.equal(result.code, code, result.stderr);
    t.match(result.stderr, message);
  };
  await wrong(['search', model, '--search', search], 2, /--data: expected the set to train on/);
  const bad = join(folder, 'bad.json');
  writeFileSync(bad, JSON.stringify({ ...description, trials: -1 }));
  await wrong(
    ['search', model, '--search', bad, '--data', data],
    1,
    /search\.trials: expected a whole number >= 1, got -1/,
  );
  const queue = 'redis://127.0.0.1:1';
  await wrong(
    ['search', model, '--search', search, '--data', data, '-o', join(folder, 'q.lop'), '--queue', queue],
    1,
    /--queue: expected a Redis server at redis:\/\/127\.0\.0\.1:1, got: .*ECONNREFUSED.*; start redis-server/,
  );
});
