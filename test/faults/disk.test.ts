/** Disks that are full or may not be written, before the work and in its middle: one clear error, nothing lost. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lopper, RECIPE, start, writeData, writeModel, type Result } from '../cli/cli.js';
import { MOUNTS, SLOW_MOUNTS, SmallDisk, until, untilThere } from './places.js';
import { fewTrials } from './subjects.js';

const home = t.testdir();
const data = join(home, 'quadrants');
writeData(data, 512, 60);
const model = writeModel(join(home, 'model'));
const writeRecipe = (name: string, json: object): string => {
  writeFileSync(join(home, name), JSON.stringify(json));
  return join(home, name);
};
const quick = writeRecipe('quick.json', { quantize: {} });
const long = writeRecipe('long.json', { ...RECIPE, recover: { ...RECIPE.recover, epochs: 24 } });

const compress = (recipe: string, out: string, ...more: string[]): string[] => [
  'compress',
  model,
  '--recipe',
  recipe,
  '--data',
  data,
  '-o',
  out,
  '--limit',
  '20',
  ...more,
];

const failed = (t: Test, { code, stderr }: Result, message: RegExp): void => {
  t.equal(code, 1, stderr);
  t.match(stderr, message);
  t.equal(stderr.match(/^error: /gm)?.length, 1, 'one error');
  t.notMatch(stderr, /^ {4}at /m, 'no stack');
};

/** What a run without faults gives. */
let expected: Buffer;
t.before(async () => {
  const out = join(home, 'whole.lop');
  const { code, stderr } = await lopper(...compress(long, out));
  if (code !== 0) throw new Error(stderr);
  expected = readFileSync(out);
});

/** Does `harm` once there is a checkpoint, waits for the end, mends it and resumes: the file must be as if nothing had been. */
async function harmedInTraining(
  t: Test,
  disk: SmallDisk,
  { harm, mend, message }: { harm(): void; mend(): void; message: RegExp },
): Promise<void> {
  const out = disk.path('small.lop');
  writeFileSync(out, 'old');
  const running = start(compress(long, out));
  await untilThere(`${out}.checkpoint/training.ckpt`);
  harm();
  failed(t, await running.result, message);
  t.equal(readFileSync(out, 'utf8'), 'old');
  mend();
  t.same(disk.names(), ['small.lop', 'small.lop.checkpoint']);
  const resumed = await lopper(...compress(long, out, '--resume', '--json'));
  t.equal(resumed.code, 0, resumed.stderr);
  t.ok((JSON.parse(resumed.stdout) as { resumed_at: number }).resumed_at > 0, 'goes on from the checkpoint');
  t.ok(readFileSync(out).equals(expected));
  t.same(disk.names(), ['small.lop']);
}

/** With an entry that takes the rest of its last block: on a full disk not another byte fits. */
function padToBlock(journal: string): void {
  const line = (length: number): string => `${JSON.stringify({ key: 'none', value: 'x'.repeat(length) })}\n`;
  const room = 4096 - ((statSync(journal).size + line(0).length) % 4096);
  writeFileSync(journal, line(room), { flag: 'a' });
}

t.test('the disk is full before the file is written', MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 64);
  const out = disk.path('small.lop');
  writeFileSync(out, 'old');
  disk.fill();
  failed(
    t,
    await lopper(...compress(quick, out)),
    /small\.lop: expected a writable output, got: no room on the disk; choose another place with -o/,
  );
  t.equal(readFileSync(out, 'utf8'), 'old');
  t.same(disk.names(), ['small.lop'], 'nothing half written, no empty checkpoint');
  disk.empty();
  t.equal((await lopper(...compress(quick, out))).code, 0);
});

t.test('the disk fills while it trains', MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 256);
  await harmedInTraining(t, disk, {
    harm: () => disk.fill(),
    mend: () => disk.empty(),
    message: /training\.ckpt: expected a writable output, got: no room on the disk; make room .* and resume/,
  });
});

t.test('the disk becomes read-only while it trains', SLOW_MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 256);
  await harmedInTraining(t, disk, {
    harm: () => disk.setReadOnly(true),
    mend: () => disk.setReadOnly(false),
    message: /training\.ckpt: expected a writable output, got: a read-only file system/,
  });
});

t.test('no room for the page: the file is there, and the training is not lost', SLOW_MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 8);
  const folder = t.testdir();
  const [out, page] = [join(folder, 'small.lop'), disk.path('report.html')];
  failed(
    t,
    await lopper(...compress(long, out, '--report', page)),
    /report\.html: expected a writable output, got: no room on the disk/,
  );
  t.ok(readFileSync(out).equals(expected));
  t.same(disk.names(), []);
  const place = join(folder, 'report.html');
  const again = await lopper(...compress(long, out, '--report', place, '--resume', '--json'));
  t.equal(again.code, 0, again.stderr);
  t.ok((JSON.parse(again.stdout) as { resumed_at: number }).resumed_at > 0);
  t.match(readFileSync(place, 'utf8'), /<\/html>\s*$/);
});

t.test('no room for events: said at the end, the file is there', SLOW_MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 16);
  const out = join(t.testdir(), 'small.lop');
  failed(
    t,
    await lopper(...compress(long, out, '--events', disk.path('events'))),
    /events\.out\.tfevents\.\S+: expected a writable output, got: no room on the disk; choose another place with --events/,
  );
  t.ok(readFileSync(out).equals(expected));
});

t.test('a read-only place is refused before the work', SLOW_MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 64);
  disk.setReadOnly(true);
  const refused = /small\.\w+: expected a writable output, got: a read-only file system/;
  failed(t, await lopper(...compress(long, disk.path('small.lop'))), refused);
  failed(t, await lopper('convert', model, '-o', disk.path('small.lop')), refused);
  failed(t, await lopper('report', join(home, 'whole.lop'), '-o', disk.path('small.html')), refused);
});

t.test('the disk fills while it searches: what was found is kept whole', SLOW_MOUNTS, async (t) => {
  const disk = SmallDisk.mount(t, 64);
  const search = writeRecipe('search.json', fewTrials(8));
  const [out, journal] = [disk.path('small.lop'), disk.path('small.search.jsonl')];
  const args = ['search', model, '--search', search, '--data', data, '-o', out, '--workers', '1'];
  const running = start(args);
  await until(() => existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 2);
  padToBlock(journal);
  disk.fill();
  failed(
    t,
    await running.result,
    /small\.search\.jsonl: expected a writable output, got: no room on the disk/,
  );
  t.match(readFileSync(journal, 'utf8'), /\}\n$/, 'no part of a line');
  disk.empty();
  const resumed = await lopper(...args, '--resume');
  t.equal(resumed.code, 0, resumed.stderr);
  t.same(disk.names(), ['small.lop', 'small.recipe.json', 'small.trials.json']);
});
