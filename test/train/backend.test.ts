import t from 'tap';
import { getBackend, tensor1d } from '@tensorflow/tfjs-core';
import { selectBackend } from '../../src/train/backend.js';

t.test('a preferred backend becomes current, and its note names it', async (t) => {
  for (const [name, word] of [
    ['wasm', /WebAssembly/],
    ['cpu', /plain JavaScript.*slower/],
  ] as const) {
    const lines: string[] = [];
    const selected = await selectBackend({ prefer: name, onLog: (line) => lines.push(line) });
    t.equal(selected.name, name);
    t.equal(getBackend(), name);
    t.match(selected.note, word);
    t.same(lines, [selected.note]);
  }
});

t.test('without a preference: the first that loads, each one passed over logged', async (t) => {
  const lines: string[] = [];
  const { name, note } = await selectBackend({ onLog: (line) => lines.push(line) });
  const passed = ['node', 'wasm', 'cpu'].indexOf(name);
  t.ok(passed <= 1, `node or wasm, got ${name}`);
  t.equal(lines.length, passed + 1);
  t.equal(lines[passed], note);
  if (passed > 0) t.match(lines[0], /^tfjs backend node does not load: /);
});

t.test('the plain backend does not advertise', async (t) => {
  const warnings: unknown[] = [];
  const { warn } = console;
  console.warn = (...args: unknown[]) => void warnings.push(args);
  t.teardown(() => (console.warn = warn));
  await selectBackend({ prefer: 'cpu' });
  t.same([...tensor1d([1, 2]).dataSync()], [1, 2]);
  t.same(warnings, []);
});

t.test('an unknown backend is a range error', async (t) => {
  await t.rejects(selectBackend({ prefer: 'webgl' as never }), {
    name: 'RangeError',
    message: 'prefer: expected one of node, wasm, cpu, got webgl',
  });
});
