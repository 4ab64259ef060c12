import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writeLop } from '../../src/format/index.js';
import { network } from '../bench/networks.js';
import { random } from '../helpers/random.js';
import { LAYERS, RECIPE, lopper, start, writeData, writeModel } from './cli.js';

const dir = t.testdir({ 'recipe.json': JSON.stringify(RECIPE), 'half.json': '{"prune": ', outputs: {} });
const inDir = (name: string): string => join(dir, name);
const [recipe, data, outputs] = [inDir('recipe.json'), inDir('data'), inDir('outputs')];
writeData(data, 32, 8);
const model = writeModel(inDir('tiny'));

function writeGoodLop(): string {
  const graph = network([4], [{ op: 'dense', kernel: [3, 4], shape: [3] }], random());
  graph.metadata = { labels: ['a', 'b', 'c'] };
  writeFileSync(inDir('good.lop'), writeLop(graph));
  return inDir('good.lop');
}
const good = writeGoodLop();
writeFileSync(inDir('x.json'), '[1, 2, 3, 4]');

/** Fails with `code`, one clear message of what, expected and got, no stack, and nothing on stdout. */
async function refuses(t: Test, args: string[], code: 1 | 2, message: RegExp): Promise<void> {
  const result = await lopper(...args);
  t.equal(result.code, code, args.join(' '));
  t.match(result.stderr, message);
  t.match(result.stderr, /^error: /m);
  t.notMatch(result.stderr, /^ +at /m, 'no stack');
  t.equal(result.stdout, '');
}

const compress = (from: string, ...rest: string[]): string[] => [
  'compress',
  from,
  '--recipe',
  recipe,
  '--data',
  data,
  '-o',
  join(outputs, 'x.lop'),
  ...rest,
];

t.test('wrong usage is exit code 2', async (t) => {
  await refuses(t, ['prune'], 2, /unknown command 'prune'/);
  await refuses(t, ['inspect'], 2, /missing required argument 'model'/);
  await refuses(t, ['inspect', good, '--jsno'], 2, /unknown option '--jsno'.*Did you mean --json/s);
  await refuses(t, ['compress', model], 2, /required option '--recipe <file>' not specified/);
  await refuses(
    t,
    ['compress', model, '--recipe', recipe],
    2,
    /--data: expected the set .*got nothing; pass --data/,
  );
  await refuses(t, ['bench', good, '--runs', 'many'], 2, /expected a whole number of at least 1, got 'many'/);
  await refuses(
    t,
    ['bench', good, '--against', 'tflite'],
    2,
    /expected some of tfjs-wasm, ort-web, .*got 'tflite'/,
  );
  await refuses(t, ['bench'], 2, /expected \.lop files or --arch, got neither/);
  await refuses(t, ['bench', good, '--arch', 'ds-cnn'], 2, /--arch: expected no files beside it, got /);
  await refuses(t, ['bench', '--arch', 'alexnet'], 2, /expected some of mobilenet-v1.*got 'alexnet'/);
  await refuses(
    t,
    ['bench', '--arch', 'ds-cnn', '--sparsity', '1'],
    2,
    /expected numbers in \[0, 1\), got '1'/,
  );
  await refuses(t, ['bench', '--arch', 'ds-cnn', '--block', '2'], 2, /expected blocks as 2x2.*got '2'/);
  await refuses(
    t,
    ['bench', '--arch', 'ds-cnn', '--dtype', 'f16'],
    2,
    /expected some of int8, int7, f32, got 'f16'/,
  );
  await refuses(t, ['bench', good, '--threads', '1,0'], 2, /at least 1, got '0'/);
  await refuses(t, ['eval', good, '--data', data, '--limit', '0'], 2, /at least 1, got '0'/);
  t.equal((await lopper()).code, 2);
});

t.test('broken .lop files', async (t) => {
  const bytes = readFileSync(good);
  const flipped = Buffer.from(bytes);
  flipped[40] ^= 4;
  const cases: [string, Buffer, RegExp][] = [
    ['truncated.lop', bytes.subarray(0, bytes.length - 9), /expected \d+.*, got \d+/],
    ['empty.lop', Buffer.alloc(0), /expected .*, got/],
    ['flipped.lop', flipped, /expected .*, got/],
    [
      'other.lop',
      Buffer.from('PK\x03\x04 this is a zip file, which is no model file at all'),
      /expected .*, got/,
    ],
  ];
  for (const [name, content, message] of cases) {
    writeFileSync(inDir(name), content);
    await refuses(t, ['inspect', inDir(name)], 1, message);
    await refuses(t, ['run', inDir(name), inDir('x.json')], 1, message);
  }
  await refuses(
    t,
    ['inspect', inDir('none.lop')],
    1,
    /none\.lop: expected a file or folder, got nothing there; check the path/,
  );
});

t.test('broken foreign models', async (t) => {
  const missing = writeModel(inDir('missing'));
  rmSync(inDir('missing/weights.bin'));
  await refuses(t, compress(missing), 1, /weights\.bin: expected a readable file, got: no such file/);
  const short = writeModel(inDir('short'), { weights: new Float32Array(100) });
  await refuses(t, compress(short), 1, /expected 752 bytes.*got 400/);
  const nan = new Float32Array(188);
  nan[7] = NaN;
  await refuses(
    t,
    compress(writeModel(inDir('nan'), { weights: nan })),
    1,
    /expected finite numbers, got:\n +conv\/kernel: 1 of 36 are NaN/,
  );
  const unsupported = [
    ...LAYERS.slice(0, 2),
    { class_name: 'LSTM', config: { name: 'memory' } },
    ...LAYERS.slice(2),
  ];
  await refuses(
    t,
    compress(writeModel(inDir('lstm'), { layers: unsupported })),
    1,
    /memory: expected an input \[steps, features\], got \[3,3,4\]/,
  );
  writeFileSync(inDir('model.onnx'), 'x');
  await refuses(
    t,
    ['inspect', inDir('model.onnx')],
    1,
    /model\.onnx: expected a protobuf message of ONNX, got/,
  );
  t.same(readdirSync(outputs), [], 'no output, whole or partial');
});

t.test('inspect lists all that is not supported at once', async (t) => {
  const odd = ['first', 'second'].map((name) => ({ class_name: 'Mystery', config: { name } }));
  const path = writeModel(inDir('mystery'), { layers: [...LAYERS.slice(0, 2), ...odd, ...LAYERS.slice(2)] });
  await refuses(
    t,
    ['inspect', path],
    1,
    /2 nodes of 1 kinds are not supported:\n.*\n.*\nMystery +first .*\nMystery +second /,
  );
  const { code, stdout } = await lopper('inspect', path, '--json');
  t.equal(code, 1);
  const { unsupported } = JSON.parse(stdout) as { unsupported: { node: string; op: string; hint: string }[] };
  t.same(
    unsupported.map(({ node, op }) => `${node} ${op}`),
    ['first Mystery', 'second Mystery'],
  );
});

t.test('recipes and data', async (t) => {
  const withRecipe = (text: string): string[] => {
    writeFileSync(inDir('other.json'), text);
    return ['compress', model, '--recipe', inDir('other.json'), '--data', data, '-o', join(outputs, 'x.lop')];
  };
  await refuses(
    t,
    withRecipe('{"prunee": {}}'),
    1,
    /recipe\.prunee: expected one of the keys .*prune.*got "prunee"; did you mean "prune"\?/,
  );
  await refuses(
    t,
    withRecipe('{"prune": {"sparsity": 1.5}}'),
    1,
    /recipe\.prune\.sparsity: expected a number in \[0, 1\), got 1.5/,
  );
  await refuses(t, withRecipe('{"prune": '), 1, /other\.json: expected JSON, got: /);
  await refuses(
    t,
    ['compress', model, '--recipe', inDir('none.json'), '--data', data],
    1,
    /none\.json: expected a file or folder/,
  );
  await refuses(
    t,
    ['eval', good, '--data', inDir('nowhere')],
    1,
    /nowhere: expected a folder with idx files, .*found none/,
  );
  t.same(readdirSync(outputs), []);
});

t.test('outputs that cannot be written are refused before the work', async (t) => {
  const to = (out: string): string[] => [
    'compress',
    model,
    '--recipe',
    recipe,
    '--data',
    inDir('nowhere'),
    '-o',
    out,
  ];
  // The data is nowhere: were it looked for first, the message would be another.
  await refuses(
    t,
    to(inDir('no/such/folder/x.lop')),
    1,
    /expected a writable output, got: no such folder; choose another place with -o/,
  );
  await refuses(t, to(outputs), 1, /expected a file to write, got a folder; name a file with -o/);
  mkdirSync(inDir('file'), { recursive: true });
  writeFileSync(inDir('file/plain'), '');
  await refuses(
    t,
    to(inDir('file/plain/x.lop')),
    1,
    /expected a writable output|expected a folder on the way/,
  );
  t.notOk(existsSync(inDir('no')));
});

t.test('inputs of the wrong shape or kind', async (t) => {
  const cases: [string, string | Buffer, RegExp][] = [
    ['five.json', '[1, 2, 3, 4, 5]', /five\.json: expected 4 values for the input \[4\], got 5/],
    ['words.json', '["one", 2, 3, 4]', /words\.json: expected an array of numbers, got "one"/],
    ['half.json', '[1, 2', /half\.json: expected JSON, got: /],
    [
      'seven.raw',
      Buffer.alloc(7),
      /seven\.raw: expected .*4 bytes \(pixels\) or 16 bytes \(f32\).*got 7 bytes/,
    ],
    ['bad.png', 'no image', /bad\.png: expected an image, got: /],
    ['bad.npy', 'no array at all, but text', /bad\.npy: expected a \.npy file, got another kind/],
  ];
  for (const [name, content, message] of cases) {
    writeFileSync(inDir(name), content);
    await refuses(t, ['run', good, inDir(name)], 1, message);
  }
  await refuses(
    t,
    ['eval', good, '--data', data],
    1,
    /good\.lop: expected samples of shape \[4\], got \[8, 8, 1\] of data; choose another set/,
  );
  const { code, stdout } = await lopper('run', good, inDir('x.json'));
  t.equal(code, 0);
  t.match(stdout, /class +score/);
});

t.test('a port in use, and LOPPER_DEBUG', async (t) => {
  const first = start(['serve', '--port', '0', '--models', dir, '--data', join(dir, 'served')]);
  const port = new URL((await first.firstOutput).split(' ')[0]).port;
  await refuses(
    t,
    ['serve', '--port', port, '--models', dir, '--data', join(dir, 'other')],
    1,
    /expected it free, got one in use; choose another with --port/,
  );
  first.kill('SIGINT');
  t.equal((await first.result).code, 0);
  process.env.LOPPER_DEBUG = '1';
  const { stderr } = await lopper('inspect', inDir('none.lop'));
  delete process.env.LOPPER_DEBUG;
  t.match(stderr, /ENOENT|at /, 'the stack, where asked for');
});
