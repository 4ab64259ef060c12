/** Every file of every format version that was ever released is read and answers as it did: by the readers, by the reference, by each build. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { lopStatistics, readLop, writeLop } from '../../src/format/index.js';
import type { Values } from '../../src/ops/op.js';
import { ops } from '../../src/ops/table.js';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/run.js';
import { BUILDS, NEEDS_FULL, Runtime } from '../assembly/harness.js';
import { decodeValues, type Golden } from './golden/golden.js';

const FOLDER = new URL('golden/', import.meta.url);
/** Frozen: what was released under a version never changes. A new version adds a line. */
const FROZEN: Record<string, string> = {
  v1: '152a056b3cdb8b0eec234ad35e88bc16f9ed3489cd8d99b4467e2cfc31522477',
};
/** FORMAT.md's bounds are for one node; files here have up to some dozens. int8 is equal. */
const TOLERANCE = 1e-4;

const runtimes = BUILDS.map((build) => [build, new Runtime(build)] as const);

/** The largest difference between two outputs, relative to the output's largest magnitude; int8: in steps. */
function difference(got: Values, want: Values): number {
  if (got.length !== want.length) return Infinity;
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue;
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
    largest = Math.max(largest, Math.abs(want[i]));
  }
  return want instanceof Int8Array ? worst : worst / largest;
}

const allowed = (values: Values): number => (values instanceof Int8Array ? 0 : TOLERANCE);

function agree(t: Tap, got: Values[], want: Values[], what: string): void {
  t.equal(got.length, want.length, what);
  got.forEach((values, i) => {
    const worst = difference(values, want[i]);
    t.ok(worst <= allowed(want[i]), `${what}: output ${i} differs by ${worst}`);
  });
}

type Tap = Pick<typeof t, 'equal' | 'ok'>;

const versions = readdirSync(FOLDER).filter((name) => /^v\d+$/.test(name));

t.test('no version is missing, and none was changed', async (t) => {
  t.same(versions, Object.keys(FROZEN));
  for (const version of versions) {
    const table = readFileSync(new URL(`${version}/golden.json`, FOLDER));
    t.equal(createHash('sha256').update(table).digest('hex'), FROZEN[version], version);
  }
});

for (const version of versions) {
  const folder = new URL(`${version}/`, FOLDER);
  const table = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as Golden[];

  t.test(`${version}: every file is in the table, and as it was`, async (t) => {
    t.same(readdirSync(folder).sort(), [...table.map(({ file }) => file), 'golden.json'].sort());
    for (const { file, sha256 } of table)
      t.equal(
        createHash('sha256')
          .update(readFileSync(new URL(file, folder)))
          .digest('hex'),
        sha256,
        file,
      );
  });

  t.test(`${version}: the files hold every operator and every encoding`, async (t) => {
    const files = table.map(({ file }) => new Uint8Array(readFileSync(new URL(file, folder))));
    const held = new Set(files.flatMap((file) => readLop(file).nodes.map(({ op }) => op)));
    t.ok(held.size > 70, `${held.size} operators`);
    t.same(
      [...held].filter((op) => !ops.has(op)),
      [],
      'all are still known',
    );
    const weights = files.flatMap((file) => lopStatistics(file).weights);
    t.same([...new Set(weights.map(({ positions }) => positions))].sort(), [
      'all',
      'bitmap',
      'gaps',
      'modelled',
    ]);
    const values = new Set(weights.map(({ dtype, values }) => `${dtype} ${values}`));
    t.equal(values.size, 9, [...values].join(', '));
  });

  for (const { file, inputs, outputs } of table)
    t.test(`${version}/${file}`, async (t) => {
      const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
      const model = readLop(bytes);
      checkGraph(model);
      const given = inputs.map(decodeValues);
      const want = outputs.map(decodeValues);
      agree(t, runReference(model, given), want, 'reference');
      agree(t, runReference(readLop(writeLop(model)), given), want, 'written again');
      let ran = 0;
      for (const [build, runtime] of runtimes) {
        const code = runtime.load(bytes);
        if (code === NEEDS_FULL && build !== 'simd128-all') continue;
        t.equal(code, 0, build);
        agree(t, runtime.run(given, want.length), want, build);
        ran++;
      }
      t.ok(ran > 0);
    });
}
