/** Node: ES modules and CommonJS, with the wasm as a file or inside the script. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { appWith, digits, giveDigit, snippet, write } from './app.js';

const app = appWith(t, 'app.mjs', 'app.cjs');
const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: app, encoding: 'utf8' }).trim();

for (const name of ['app.mjs', 'app.cjs'])
  for (const entry of ['', '/inline', '/inline-full'])
    t.test(`${name}, lopper-runtime${entry}`, async (t) => {
      write(app, name, snippet(name).replace("'lopper-runtime'", `'lopper-runtime${entry}'`));
      for (const digit of entry ? digits.slice(0, 2) : digits) {
        giveDigit(app, digit);
        t.equal(node(name), String(digit.label));
      }
    });

t.test('CommonJS has one LopperError in all entries, and threads', async (t) => {
  const program = `
    const { load, LopperError } = require('lopper-runtime');
    const inline = require('lopper-runtime/inline');
    async function main() {
      const errors = await Promise.all([load, inline.load].map((each) => each('none.lop').catch((error) => error)));
      const model = await load('digits.lop', { threads: 2 });
      const { threads } = model;
      model.dispose();
      return { same: LopperError === inline.LopperError, kinds: errors.map((e) => [e instanceof LopperError, e.code]), threads };
    }
    main().then((answer) => console.log(JSON.stringify(answer)));`;
  write(app, 'errors.cjs', program);
  t.same(JSON.parse(node('errors.cjs')), {
    same: true,
    kinds: [
      [true, 'read'],
      [true, 'read'],
    ],
    threads: 2,
  });
});

t.test('inline says when a file needs inline-full, which runs it', async (t) => {
  const { writeLop } = await import('../../src/format/index.js');
  const { oneNode, tensor } = await import('../assembly/models.js');
  const { random } = await import('../helpers/random.js');
  const r = random();
  write(app, 'erf.lop', writeLop(oneNode('erf', [tensor('x', [3], 'f32', r)], {}, {}, { dtype: 'f32' })));
  const program = `
    import { load } from 'lopper-runtime/inline';
    import { load as loadFull } from 'lopper-runtime/inline-full';
    const { code, message } = await load('erf.lop').catch((error) => error);
    const [y] = (await loadFull('erf.lop')).run(Float32Array.of(0, 1, -1));
    console.log(JSON.stringify({ code, message, y: [...y] }));`;
  write(app, 'erf.mjs', program);
  const { code, message, y } = JSON.parse(node('erf.mjs')) as { code: string; message: string; y: number[] };
  t.equal(code, 'build');
  t.match(message, /inline-full/);
  // erf(1), DLMF 7.2
  const ONE = 0.8427007929497149;
  t.ok(
    y.every((value, i) => Math.abs(value - [0, ONE, -ONE][i]) < 2 ** -20),
    `${y}`,
  );
});

t.test('errors of the inlined entries', async (t) => {
  const program = `
    import { load, LopperError } from 'lopper-runtime/inline';
    const aborted = AbortSignal.abort();
    const all = [load('digits.lop', { batch: 0 }), load(new Uint8Array(100)), load('digits.lop', { signal: aborted }), load(7)];
    console.log(JSON.stringify((await Promise.allSettled(all)).map(({ reason }) => [reason.name, reason.code])));`;
  write(app, 'refusals.mjs', program);
  t.same(JSON.parse(node('refusals.mjs')), [
    ['RangeError', null],
    ['LopperError', 'magic'],
    ['AbortError', 20],
    ['TypeError', null],
  ]);
});
