import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { lopper, RECIPE, writeData, writeModel } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'lopper-report-'));
const model = writeModel(join(folder, 'dense'));
const recipe = join(folder, 'recipe.json');
const at = (name: string): string => join(folder, name);
writeData(join(folder, 'data'), 128, 40);
writeFileSync(recipe, JSON.stringify({ ...RECIPE, recover: { ...RECIPE.recover, epochs: 2 } }));

t.test('compress leaves a page and events, and tells of each stage', async (t) => {
  const { code, stdout, stderr } = await lopper(
    'compress',
    model,
    '--recipe',
    recipe,
    '--data',
    join(folder, 'data'),
    '-o',
    at('small.lop'),
    '--report',
    at('page.html'),
    '--events',
    at('events'),
    '--measure',
    '20',
    '--json',
  );
  t.equal(code, 0, stderr);
  writeFileSync(at('small.json'), stdout);
  const { history, final } = JSON.parse(stdout) as {
    history: { stage: string; accuracy?: number; loss?: number }[];
    final: { macs: number; bytes_to_bound: number };
  };
  t.same(
    history.filter(({ loss }) => loss !== undefined).map(({ stage }) => stage),
    ['recover', 'recover'],
  );
  t.ok(history.some(({ stage, accuracy }) => stage === 'recover' && accuracy !== undefined));
  t.equal(final.macs, 36 * 36 + 144);
  t.ok(final.bytes_to_bound > 1);
  t.match(readFileSync(at('page.html'), 'utf8'), 'Accuracy on test samples after each stage');
  t.match(readdirSync(at('events')), [/^events\.out\.tfevents\./]);
});

t.test('report: a file, how it was trained, the network before, a search', async (t) => {
  writeFileSync(
    at('search.json'),
    JSON.stringify({ trials: [{ stage: 'trial', result: { bytes: 99, accuracy: 0.25 } }] }),
  );
  const { code, stdout, stderr } = await lopper(
    'report',
    at('small.lop'),
    at('small.json'),
    at('search.json'),
    '--dense',
    model,
    '-o',
    at('again.html'),
    '--json',
  );
  t.equal(code, 0, stderr);
  const { models, bytes } = JSON.parse(stdout) as {
    bytes: number;
    models: { name: string; params: number }[];
  };
  t.match(models, [{ name: 'small', params: 188 }]);
  const page = readFileSync(at('again.html'));
  t.equal(page.length, bytes);
  for (const text of ['2 epochs', 'before compression and after', 'Pareto front', 'trial 1'])
    t.match(page.toString(), text);
});

t.test('report: what is neither a model nor a result is refused', async (t) => {
  const { code, stderr } = await lopper('report', recipe, '-o', at('no.html'));
  t.equal(code, 2);
  t.match(stderr, 'recipe.json: expected what compress --json or search --json prints');
});
