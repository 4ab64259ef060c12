/** examples/python-host: the built wasm on wasmtime gives the bits of the JavaScript runtime. */
import { execFileSync, spawnSync } from 'node:child_process';
import t from 'tap';
import { checkHost, copyExample, npmStart, readAnswer, ROOT, works } from './example.js';

const VENV = `${ROOT}build/python`;
const hasWasmtime = (python: string): boolean => works(python, '-c', 'import wasmtime');

/** A python3 with wasmtime: the system's, or one in build/, which is made once where the package can be had. */
function findPython(): string | undefined {
  if (hasWasmtime('python3')) return 'python3';
  const python = `${VENV}/bin/python3`;
  const requirements = `${ROOT}examples/python-host/requirements.txt`;
  if (!hasWasmtime(python) && works('python3', '-m', 'venv', VENV))
    spawnSync(python, ['-m', 'pip', 'install', '--retries', '1', '-r', requirements], { timeout: 90_000 });
  return hasWasmtime(python) ? python : undefined;
}

const python = findPython();
const skip = python === undefined && 'no python3 with wasmtime: pip install wasmtime';

t.test('a host in Python', { skip }, async (t) => {
  const folder = copyExample(t, 'python-host');
  const host = [`${folder}/digit.py`, `${ROOT}dist/wasm/lopper-simd128.wasm`];

  checkHost(t, (...args) => execFileSync(python!, [...host, ...args], { encoding: 'utf8' }), 2);

  t.test('`npm start` reads the seven that lies beside it', async (t) => {
    const PATH = `${VENV}/bin:${process.env.PATH}`;
    t.equal(readAnswer(npmStart(folder, { PATH })).digit, 7);
  });

  t.test('a broken file and a wrong image are said to be so', async (t) => {
    for (const [lop, image, message] of [
      ['seven.pgm', 'seven.pgm', /seven\.pgm: error 2 at -1: expected [\d.e+]+, got/],
      ['digits.lop', 'digit.py', /digit\.py: expected a plain PGM \(P2\) of 784 pixels/],
    ] as const) {
      const { status, stderr } = spawnSync(python!, [...host, lop, image], { cwd: folder, encoding: 'utf8' });
      t.equal(status, 1);
      t.match(stderr, message);
    }
  });
});
