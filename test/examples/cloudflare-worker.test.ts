/** examples/cloudflare-worker: bundled as wrangler bundles it, it reads digits in Cloudflare's own engine. */
import { build } from 'esbuild';
import { mkdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { heavy, lacks } from '../embed/app.js';
import { copyExample, goldenDigits } from './example.js';

/** What wrangler does with files that are no scripts: they become modules of their own, beside the script. */
const WRANGLER_RULES = [
  { type: 'ESModule', include: ['**/*.js'] },
  { type: 'CompiledWasm', include: ['**/*.wasm'] },
  { type: 'Data', include: ['**/*.lop'] },
];

t.test('a Cloudflare Worker', { skip: lacks('miniflare', 'workerd') }, async (t) => {
  const folder = copyExample(t, 'cloudflare-worker');
  const compatibilityDate = /^compatibility_date = "(.+)"$/m.exec(
    readFileSync(`${folder}/wrangler.toml`, 'utf8'),
  )![1];
  mkdirSync(`${folder}/dist`);
  await build({
    entryPoints: [`${folder}/worker.js`],
    bundle: true,
    format: 'esm',
    outfile: `${folder}/dist/worker.js`,
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy', '.lop': 'copy' },
    assetNames: '[name]',
    logLevel: 'error',
  });
  const { Miniflare } = await heavy('miniflare');
  const worker = new Miniflare({
    modules: true,
    modulesRoot: `${folder}/dist`,
    scriptPath: `${folder}/dist/worker.js`,
    modulesRules: WRANGLER_RULES,
    compatibilityDate,
  });
  t.teardown(() => worker.dispose());
  const ask = (init: object): Promise<Response> => worker.dispatchFetch('http://localhost/', init);

  t.test('golden digits', async (t) => {
    for (const { pixels, label, scores } of goldenDigits('lenet-5')) {
      const response = await ask({ method: 'POST', body: Uint8Array.from(pixels) });
      const answer = (await response.json()) as { digit: number; scores: number[] };
      t.equal(answer.digit, label);
      t.ok(scores.every((score, i) => Math.abs(score - answer.scores[i]) <= 8 * 2 ** -24));
    }
  });

  t.test('what is no digit', async (t) => {
    t.equal((await ask({ method: 'GET' })).status, 405);
    const short = await ask({ method: 'POST', body: new Uint8Array(783) });
    t.equal(short.status, 400);
    t.same(await short.json(), { error: 'body: expected 784 bytes, got 783' });
  });
});
