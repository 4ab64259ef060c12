/** examples/c-host: the runtime translated to C by wasm2c gives the bits of the JavaScript runtime. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import {
  checkHost,
  npmStart,
  convertDense,
  copyExample,
  goldenDigits,
  readAnswer,
  ROOT,
  scoresOf,
  works,
  writeImage,
} from './example.js';

const hasTools =
  works('make', '--version') && works('cc', '-x', 'c', '-E', '-include', 'simde/wasm/simd128.h', '/dev/null');
const skip = hasTools ? false : 'no make, C compiler or SIMDe: apt-get install make gcc libsimde-dev';

/** Builds the host on a build of the runtime; a function that runs it. */
function buildHost(folder: string, build: string): (...args: string[]) => string {
  execFileSync('make', ['clean', 'digit', `WASM=${ROOT}dist/wasm/${build}.wasm`], {
    cwd: folder,
    stdio: 'pipe',
  });
  return (...args) => execFileSync('./digit', args, { cwd: folder, encoding: 'utf8' });
}

t.test('a host in C', { skip }, async (t) => {
  const folder = copyExample(t, 'c-host', ['wabt', '.bin/wasm2c']);
  const run = buildHost(folder, 'lopper-simd128');

  checkHost(t, run, 8);

  t.test('`npm start` reads the seven that lies beside it', async (t) => {
    const { digit, us } = readAnswer(npmStart(folder));
    t.equal(digit, 7);
    t.ok(us > 0);
  });

  t.test('a broken file and a wrong image are said to be so', async (t) => {
    const fail = (...args: string[]) => spawnSync('./digit', args, { cwd: folder, encoding: 'utf8' });
    writeFileSync(`${folder}/short.lop`, 'LOP1');
    for (const [args, message] of [
      [['short.lop', 'seven.pgm'], /short\.lop: error 1 at -1: expected \d+, got \d+/],
      [['seven.pgm', 'seven.pgm'], /seven\.pgm: error 2 at -1/],
      [['digits.lop', 'Makefile'], /Makefile: expected a plain PGM \(P2\) of 784 pixels/],
      [['none.lop', 'seven.pgm'], /none\.lop: No such file/],
    ] as const) {
      const { status, stderr } = fail(...args);
      t.equal(status, 1);
      t.match(stderr, message);
    }
    t.equal(fail().status, 2, 'usage');
  });

  t.test('an f32 network in the full build: the same bits', async (t) => {
    const runFull = buildHost(folder, 'lopper-simd128-full');
    const lop = convertDense('mnist-cnn', `${folder}/dense.lop`);
    const [{ pixels }] = goldenDigits('mnist-cnn');
    const { scores } = readAnswer(runFull(lop, writeImage(`${folder}/digit.pgm`, pixels)));
    t.same(scores, await scoresOf(lop, pixels));
  });
});
