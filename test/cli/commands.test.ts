import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { readLop } from '../../src/format/index.js';
import { RECIPE, lopper, start, writeData, writeModel } from './cli.js';

const dir = t.testdir({ 'recipe.json': JSON.stringify(RECIPE) });
const inDir = (name: string): string => join(dir, name);
const [data, recipe, out] = [inDir('data'), inDir('recipe.json'), inDir('tiny.lop')];
const model = writeModel(inDir('tiny'));
writeData(data);

/** One JSON object and nothing else. */
function json(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

t.test('help: every command, quickly, with an example', async (t) => {
  const top = await lopper('--help');
  t.equal(top.code, 0);
  for (const command of ['compress', 'convert', 'inspect', 'eval', 'run', 'bench', 'serve']) {
    t.match(top.stdout, command);
    const begin = Date.now();
    const { code, stdout } = await lopper(command, '--help');
    t.equal(code, 0);
    t.match(stdout, new RegExp(`Examples?:\\n  \\$ lopper ${command}`));
    t.ok(Date.now() - begin < 5000, 'no tfjs is loaded for a help page');
  }
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.equal((await lopper('--version')).stdout.trim(), version);
});

t.test('convert: the model as it is, without data', async (t) => {
  const whole = inDir('whole.lop');
  const { code, stdout, stderr } = await lopper('convert', model, '-o', whole, '--json');
  t.equal(code, 0, stderr);
  const { file_bytes, params } = json(stdout);
  t.same([file_bytes, params], [statSync(whole).size, 188]);
  t.equal(readLop(readFileSync(whole)).nodes.at(-1)!.op, 'softmax');
});

t.test('compress, inspect, eval, run, bench', async (t) => {
  const compressed = await lopper('compress', model, '--recipe', recipe, '--data', data, '-o', out, '--json');
  t.equal(compressed.code, 0, compressed.stderr);
  const report = json(compressed.stdout);
  const { file_bytes, sparsity, baseline, final } = report as Record<string, number> & {
    baseline: { accuracy: number };
    final: { accuracy: number };
  };
  t.equal(file_bytes, statSync(out).size);
  t.ok(sparsity >= 0.5 && sparsity < 0.55, `${sparsity}`);
  t.ok(
    final.accuracy > 0.9 && final.accuracy > baseline.accuracy,
    `${final.accuracy} after ${baseline.accuracy}`,
  );
  t.notOk(existsSync(`${out}.checkpoint`), 'no checkpoint is left');

  await t.test('inspect a .lop and its original', async (t) => {
    const lop = json((await lopper('inspect', out, '--json')).stdout);
    t.equal(lop.file_bytes, file_bytes);
    t.equal(lop.params, 188);
    t.equal(lop.dense_f32_bytes, 4 * 188);
    t.ok((lop.entropy_bound_bytes as number) > 20 && (lop.entropy_bound_bytes as number) < 188);
    const layers = lop.layers as {
      name: string;
      op: string;
      params: number;
      kept: number;
      sparsity: number;
      bytes: number;
    }[];
    const scores = layers.find(({ op }) => op === 'dense')!;
    t.match(scores, { name: 'scores', params: 148 });
    t.ok(scores.kept <= 72 + 4 && scores.bytes < 200, `${scores.kept} kept, ${scores.bytes} bytes`);
    const dense = json((await lopper('inspect', model, '--json')).stdout);
    t.match(dense, { params: 188, kept: 188, sparsity: 0, dense_f32_bytes: 4 * 188 });
    t.equal(dense.file_bytes, statSync(model).size + 4 * 188);
    t.match(dense, { format: 'tfjs layers-model', dtype: 'float32' });
    const { code, stdout } = await lopper('inspect', out);
    t.equal(code, 0);
    t.match(stdout, /scores +dense +4 +148/);
    t.match(stdout, /entropy bound/);
  });

  await t.test('eval agrees with what compress said', async (t) => {
    const lop = json((await lopper('eval', out, '--data', data, '--json')).stdout);
    t.match(lop, { metric: 'accuracy', value: final.accuracy, count: 100, top5: 1, agreement: null });
    const both = json(
      (await lopper('eval', model, '--data', data, '--limit', '50', '--against', out, '--json')).stdout,
    );
    t.equal(both.count, 50);
    t.ok((both.agreement as number) >= 0 && (both.agreement as number) <= 1);
    const same = await lopper('eval', out, '--data', data, '--against', out);
    t.match(same.stdout, /the same class for 100.00 % of them/);
  });

  await t.test('run: an image, .npy, .json and raw bytes of one sample say the same', async (t) => {
    const pixels = Uint8Array.from({ length: 64 }, (_, i) => (i < 32 && i % 8 < 4 ? 200 : 20));
    const floats = Float32Array.from(pixels, (pixel) => pixel * Math.fround(1 / 255));
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (8, 8, 1), }".padEnd(117) + '\n';
    const npy = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
      Buffer.from(header),
      pixels,
    ]);
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toFile(inDir('x.png'));
    await sharp(
      pixels.map((pixel) => 255 - pixel),
      { raw: { width: 8, height: 8, channels: 1 } },
    )
      .png()
      .toFile(inDir('dark.png'));
    writeFileSync(inDir('x.npy'), npy);
    writeFileSync(
      inDir('x.json'),
      JSON.stringify(Array.from({ length: 8 }, (_, y) => [...floats.subarray(8 * y, 8 * y + 8)])),
    );
    writeFileSync(inDir('x.raw'), pixels);
    writeFileSync(inDir('x.f32'), floats);
    const results: unknown[] = [];
    for (const args of [['x.png'], ['dark.png', '--invert'], ['x.npy'], ['x.json'], ['x.raw'], ['x.f32']]) {
      const { code, stdout, stderr } = await lopper('run', out, inDir(args[0]), ...args.slice(1), '--json');
      t.equal(code, 0, stderr);
      results.push(json(stdout).outputs);
    }
    for (const result of results) t.same(result, results[0]);
    const { stdout } = await lopper('run', out, inDir('x.png'), '--top', '1');
    t.match(stdout, /class +score\n-+ +-+\n0 +\d\.\d{4}\n/, 'the bright quadrant is class 0');
  });

  await t.test('bench: keys, ratios and the dense original', async (t) => {
    const args = [
      'bench',
      out,
      '--dense',
      model,
      '--against',
      'tfjs-wasm,ort-web',
      '--runs',
      '5',
      '--data',
      data,
      '--json',
    ];
    const { code, stdout, stderr } = await lopper(...args);
    t.equal(code, 0, stderr);
    const { machine, engine, results, ratios } = json(stdout) as {
      machine: string;
      engine: string;
      results: Record<string, unknown>[];
      ratios: Record<string, unknown>[];
    };
    t.match(machine, /cores/);
    t.match(engine, /Node .*V8 .*lopper/);
    const runtimes = ['lopper', 'tfjs-wasm', 'ort-web'];
    t.same(
      results.map(({ runtime }) => runtime),
      runtimes,
    );
    const keys =
      'model runtime dtype sparsity block threads median_ms min_ms p95_ms runs peak_bytes load_ms first_ms batch'.split(
        ' ',
      );
    for (const row of results) {
      t.same(Object.keys(row), row.runtime === 'lopper' ? [...keys, 'file_bytes'] : keys);
      for (const key of ['median_ms', 'min_ms', 'p95_ms', 'peak_bytes', 'load_ms', 'first_ms'])
        t.ok((row[key] as number) > 0, `${row.runtime as string}: ${key} ${row[key] as number}`);
    }
    t.match(results[0], { model: 'tiny', dtype: 'int8', block: '1x1', threads: 1, runs: 5 });
    t.same(
      ratios.map(({ against }) => against),
      ['tfjs-wasm', 'ort-web', 'fastest-web'],
    );
    t.equal(ratios[0].ratio, (results[1].median_ms as number) / (results[0].median_ms as number));
    const alone = await lopper('bench', out, '--runs', '2', '--against', 'tfjs-wasm');
    t.equal(alone.code, 0);
    t.match(alone.stderr, /no dense original beside it.*--dense/);
  });

  await t.test('bench --arch: random weights, all variants in one run, saved as files', async (t) => {
    const folder = inDir('architectures');
    const variants = ['--sparsity', '0,0.9', '--block', '2x2,1x1', '--dtype', 'int8,f32', '--seed', '5'];
    const options = ['--runs', '2', '--against', 'ort-web-int8', '--profile', '--save', folder, '--json'];
    const { code, stdout, stderr } = await lopper('bench', '--arch', 'ds-cnn', ...variants, ...options);
    t.equal(code, 0, stderr);
    const { results, profiles } = json(stdout) as {
      results: { model: string; runtime: string; dtype: string; sparsity: number; block: string }[];
      profiles: { layers: { ms: number }[] }[];
    };
    t.same(
      results.map(({ model, runtime, dtype, sparsity, block }) =>
        [model, runtime, dtype, sparsity, block].join(' '),
      ),
      [
        'ds-cnn lopper int8 0 1x1',
        'ds-cnn lopper int8 0.9 2x2',
        'ds-cnn lopper int8 0.9 1x1',
        'ds-cnn lopper f32 0 1x1',
        'ds-cnn lopper f32 0.9 2x2',
        'ds-cnn lopper f32 0.9 1x1',
        'ds-cnn ort-web-int8 int8 0 1x1',
      ],
    );
    t.equal(profiles.length, 6);
    t.ok(profiles.every(({ layers }) => layers.every(({ ms }) => ms > 0)));
    const saved = join(folder, 'ds-cnn-int8-90-2x2.lop');
    const inspected = await lopper('inspect', saved, '--json');
    t.ok((json(inspected.stdout) as { sparsity: number }).sparsity > 0.6);
    const table = await lopper('bench', saved, '--runs', '2', '--profile');
    t.equal(table.code, 0, table.stderr);
    t.match(table.stdout, /layer +operator +output +time +share +GOP\/s/);
    t.match(table.stdout, /pw4 +conv2d +25x5x64/);
  });
});

t.test(
  'Ctrl-C keeps the training; --resume ends at the same bytes as a run that was not stopped',
  async (t) => {
    const long = inDir('long.json');
    writeFileSync(long, JSON.stringify({ ...RECIPE, recover: { ...RECIPE.recover, epochs: 40 } }));
    const args = (name: string): string[] => [
      'compress',
      model,
      '--recipe',
      long,
      '--data',
      data,
      '-o',
      inDir(name),
    ];
    const checkpoint = inDir('stopped.lop.checkpoint');
    const running = start(args('stopped.lop'));
    while (!existsSync(join(checkpoint, 'training.ckpt')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill('SIGINT');
    const stopped = await running.result;
    t.equal(stopped.code, 130, stopped.stderr);
    t.match(
      stopped.stderr,
      /error: stopped; the training so far is in .*stopped.lop.checkpoint; go on with: lopper compress .* --resume\n$/,
    );
    t.notOk(existsSync(inDir('stopped.lop')), 'no partial output');

    const resumed = await lopper(...args('stopped.lop'), '--resume', '--json');
    t.equal(resumed.code, 0, resumed.stderr);
    t.ok((json(resumed.stdout).resumed_at as number) > 0);
    t.notOk(existsSync(checkpoint), 'the checkpoint is gone when the work is done');
    await lopper(...args('whole.lop'));
    t.same(readFileSync(inDir('stopped.lop')), readFileSync(inDir('whole.lop')));
    t.ok(readLop(readFileSync(inDir('whole.lop'))).nodes.length > 0);
  },
);

t.test('without training or labels: a folder of one split; preprocessing and half precision', async (t) => {
  const pictures = inDir('pictures');
  mkdirSync(pictures);
  for (let i = 0; i < 3; i++)
    await sharp(Buffer.alloc(300, 80 * i), { raw: { width: 10, height: 10, channels: 3 } })
      .png()
      .toFile(join(pictures, `${i}.png`));
  const recipe = inDir('quantize.json');
  writeFileSync(recipe, JSON.stringify({ quantize: { activations: { samples: 3 } } }));
  const small = inDir('small.lop');
  const args = ['--data', pictures, '--preprocess', 'imagenet-tf', '-o', small, '--json'];
  const { code, stdout, stderr } = await lopper('compress', model, '--recipe', recipe, ...args);
  t.equal(code, 0, stderr);
  const { final, baseline } = json(stdout) as Record<string, Record<string, unknown>>;
  t.match(final, { count: 3, accuracy: undefined, agreement: Number });
  t.equal(baseline['accuracy'], undefined);
  const stated = readLop(readFileSync(small)).metadata['preprocessing'];
  t.match(stated, { offset: -1, image: { fit: 'crop' } });
  const half = inDir('half.lop');
  const converted = await lopper('convert', model, '--preprocess', 'imagenet-tf', '--float16', '-o', half);
  t.equal(converted.code, 0, converted.stderr);
  t.same(readLop(readFileSync(half)).metadata['preprocessing'], stated);
  const { stdout: layers } = await lopper('inspect', half);
  t.match(layers, /f32 f16/);
});

t.test('serve: says where, serves, and stops at SIGTERM', async (t) => {
  const server = start(['serve', '--port', '0', '--models', dir, '--data', join(dir, 'served')]);
  const url = (await server.firstOutput).split(' ')[0];
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  t.equal((await fetch(new URL('api/models', url))).status, 200);
  server.kill('SIGTERM');
  const { code, stderr } = await server.result;
  t.equal(code, 0, stderr);
  t.match(stderr, /stopping/);
});
