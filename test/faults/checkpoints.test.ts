/** Signals, and checkpoints that are damaged, foreign, or of data that changed: said, and never begun anew in silence. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lopper, RECIPE, start, writeData, writeModel } from '../cli/cli.js';
import { SLOW, untilThere } from './places.js';

const home = t.testdir();
const data = join(home, 'quadrants');
writeData(data, 512, 60);
const model = writeModel(join(home, 'model'));
const recipe = join(home, 'recipe.json');
writeFileSync(recipe, JSON.stringify({ ...RECIPE, recover: { ...RECIPE.recover, epochs: 30 } }));

const out = join(home, 'small.lop');
const checkpoint = join(`${out}.checkpoint`, 'training.ckpt');
const args = ['compress', model, '--recipe', recipe, '--data', data, '--limit', '20', '-o', out];
const resume = (...more: string[]) => lopper(...args, '--resume', '--json', ...more);

/** Resumes and expects one error; the checkpoint stays as it is. */
async function refused(t: Test, message: RegExp): Promise<void> {
  const before = readFileSync(checkpoint);
  const { code, stderr } = await resume();
  t.equal(code, 1, stderr);
  t.match(stderr, message);
  t.notMatch(stderr, /^ {4}at /m, 'no stack');
  t.ok(readFileSync(checkpoint).equals(before));
}

t.test('SIGTERM and SIGINT keep the checkpoint and say how to go on', async (t) => {
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    rmSync(checkpoint, { force: true });
    const running = start(args);
    await untilThere(checkpoint);
    running.kill(signal);
    const { code, stderr } = await running.result;
    t.equal(code, expected, stderr);
    t.match(
      stderr,
      /error: stopped; the training so far is in .*; go on with: lopper compress .* --resume\n$/,
    );
  }
  copyFileSync(checkpoint, join(home, 'kept.ckpt'));
});

t.test('damaged, empty and foreign checkpoints', async (t) => {
  const whole = readFileSync(join(home, 'kept.ckpt'));
  const flipped = Buffer.from(whole);
  flipped[whole.length - 9] ^= 1;
  for (const bytes of [flipped, whole.subarray(0, -1000), Buffer.alloc(0)]) {
    writeFileSync(checkpoint, bytes);
    await refused(
      t,
      /training\.ckpt: expected a whole checkpoint .*, got another or a damaged file; delete it to start afresh/,
    );
  }
  writeFileSync(checkpoint, whole);
  writeFileSync(recipe, JSON.stringify({ ...RECIPE, seed: 9 }));
  await refused(t, /expected a checkpoint of this recipe .*; give the same recipe, or start afresh without/);
});

t.test('data that changed since', async (t) => {
  writeFileSync(recipe, JSON.stringify({ ...RECIPE, recover: { ...RECIPE.recover, epochs: 30 } }));
  const images = join(data, 'train-images-idx3-ubyte');
  const whole = readFileSync(images);
  const changed = Buffer.from(whole);
  changed[whole.length - 1] ^= 1;
  writeFileSync(images, changed);
  await refused(
    t,
    /expected a checkpoint of this data set .*; give the same data set, or start afresh without/,
  );
  writeFileSync(images, whole.subarray(0, -1));
  await refused(t, /train-images-idx3-ubyte: expected 32784 bytes for shape \[512,8,8\], got 32783; fetch/);
  writeFileSync(images, whole);
  const { code, stdout, stderr } = await resume();
  t.equal(code, 0, stderr);
  t.ok((JSON.parse(stdout) as { resumed_at: number }).resumed_at > 0, 'all as it was: it goes on');
});

t.test('outputs that cannot be, and inputs as outputs', SLOW, async (t) => {
  const folder = join(home, 'a folder');
  mkdirSync(folder);
  const to = (place: string, ...more: string[]) => lopper(...args.slice(0, -1), place, ...more);
  const source = readFileSync(model);
  const cases: [string[], RegExp][] = [
    [[folder], /a folder: expected a file to write, got a folder; name a file with -o/],
    [[join(home, 'none', 'x.lop')], /x\.lop: expected a writable output, got: no such folder/],
    [[join(recipe, 'x.lop')], /x\.lop: expected a writable output, got: a file where a folder should be/],
    [[model], /model\.json: expected another file than the one that is read, got .* itself/],
    [[recipe], /recipe\.json: expected another file than the one that is read/],
    [[out, '--report', model], /model\.json: expected another file than the one that is read/],
    [[out, '--report', folder], /a folder: expected a file to write, got a folder/],
    [[out, '--report', out], /small\.lop: expected another file than/],
    [
      [out, '--events', model],
      /model\.json: expected a writable output, got: a file where a folder should be; choose another place with --events/,
    ],
  ];
  for (const [[place, ...more], message] of cases) {
    const { code, stderr } = await to(place, ...more);
    t.equal(code, 1, stderr);
    t.match(stderr, message);
    t.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
  }
  t.ok(readFileSync(model).equals(source), 'the model is as it was');
});
