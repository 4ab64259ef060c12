import { readFileSync } from 'node:fs';
import t from 'tap';
import { getOp, ops } from '../../src/ops/table.js';

/** Of FORMAT.md's table, and of what only graphs hold. */
const SOME_IN_FILES = ['conv2d', 'dense', 'constant', 'mul', 'softmax', 'view', 'gather', 'quantize'];
const SOME_IN_GRAPHS = ['batch_norm', 'dropout', 'pad2d', 'transpose', 'slice'];

t.test(
  'every operator has a plain reference, and a training forward unless it is of int8 alone',
  async (t) => {
    for (const name of [...SOME_IN_FILES, ...SOME_IN_GRAPHS]) t.ok(ops.has(name), name);
    for (const [name, spec] of ops) {
      t.equal(spec.name, name);
      t.ok(spec.reference !== undefined, `${name}: reference`);
      t.equal(
        spec.train !== undefined,
        !['quantize', 'dequantize', 'lookup'].includes(name),
        `${name}: training forward`,
      );
    }
  },
);

t.test('every operator of FORMAT.md and of docs/operators.md, and no other', async (t) => {
  const format = operatorsOf('src/format/FORMAT.md', '## Operators');
  const graphs = operatorsOf('docs/operators.md', '## In graphs');
  const files = ['view', 'interpolate', 'lookup'];
  t.same([...ops.keys()].sort(), [...new Set([...graphs, ...files])].sort());
  t.same(
    format.filter((name) => !ops.has(name)),
    [],
  );
});

/** The names in the first column of the table after `heading`. */
function operatorsOf(path: string, heading: string): string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const section = text.slice(text.indexOf(heading)).split('\n## ')[0];
  const rows = [...section.matchAll(/^\| ([^|]+) \|/gm)].slice(1).map(([, cell]) => cell);
  return rows.flatMap((cell) => cell.replace(/:.*$|\([^)]*\)/g, '').split(',')).map((name) => name.trim());
}

t.test('an unknown name', async (t) => {
  t.throws(() => getOp('sigmoidal'), {
    name: 'RangeError',
    message: /^op: expected one of conv2d, .*, got 'sigmoidal'$/,
  });
});
