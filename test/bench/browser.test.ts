import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { bundlePage } from '../../src/bench/browser/bundle.js';
import { findChromium, withBrowser } from '../../src/bench/browser/run.js';
import { serveBench } from '../../src/bench/browser/serve.js';
import {
  bench,
  buildArchitecture,
  drawWeights,
  makeVariant,
  quantizeModel,
  randomInput,
} from '../../src/bench/index.js';

const skip = findChromium() === undefined ? 'no chromium: apt-get install chromium, or set CHROMIUM' : false;
const WASM = fileURLToPath(new URL('../../dist/wasm/lopper-simd128.wasm', import.meta.url));

t.test('the server gives its own files and those of its folders, isolated, and nothing else', async (t) => {
  const server = await serveBench(new TextEncoder().encode('// page'));
  t.teardown(() => server.close());
  const get = (path: string): Promise<Response> => fetch(server.url + path);
  const page = await get('/');
  t.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin');
  t.equal(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
  t.equal(await (await get('/bench/page.js')).text(), '// page');
  const address = server.add('a file', Uint8Array.of(1, 2, 3));
  t.same([...new Uint8Array(await (await get(address)).arrayBuffer())], [1, 2, 3]);
  if (existsSync(WASM))
    t.equal((await get('/wasm/lopper-simd128.wasm')).headers.get('content-type'), 'application/wasm');
  t.equal((await get('/tfjs/tfjs-backend-wasm-simd.wasm')).status, 200);
  t.equal((await get('/ort/ort-wasm-simd-threaded.wasm')).status, 200);
  for (const path of ['/wasm/', '/wasm/..%2fpackage.json', '/etc/passwd', '/constructor/x', '/files/99-x'])
    t.equal((await get(path)).status, 404, path);
});

t.test('no chromium where CHROMIUM points: said so', async (t) => {
  const { CHROMIUM } = process.env;
  process.env.CHROMIUM = '/nowhere/chromium';
  t.teardown(() => {
    if (CHROMIUM === undefined) delete process.env.CHROMIUM;
    else process.env.CHROMIUM = CHROMIUM;
  });
  await t.rejects(
    withBrowser(async () => undefined),
    { message: /--browser: expected a Chromium at \/nowhere\/chromium, got none/ },
  );
});

t.test('the bundle holds no module of Node', async (t) => {
  const text = new TextDecoder().decode(await bundlePage());
  t.notMatch(text, /from\s*["']node:/);
  t.match(text, 'lopperBench');
});

t.test('the same contest in chromium', { skip }, async (t) => {
  const graph = drawWeights(buildArchitecture('ds-cnn'), { seed: 2 });
  const { bytes } = makeVariant('ds-cnn', { dtype: 'int8', sparsity: 0, block: [1, 1] }, 2);
  const model = {
    name: 'ds-cnn',
    files: [{ bytes }],
    dense: { graph, int8: quantizeModel(graph) },
    input: randomInput(490, 2),
    sameWeights: true,
  };
  const warnings: string[] = [];
  const { engine, results, ratios, profiles } = await withBrowser((run) =>
    bench(
      [model],
      {
        against: ['tfjs-wasm', 'ort-web', 'ort-web-int8', 'ort-node'],
        runs: 2,
        profile: true,
        onWarning: (line) => warnings.push(line),
      },
      run,
    ),
  );
  t.match(engine, /^Chromium \d+.*lopper .*tfjs-wasm 4.*ort-web 1/);
  t.same(warnings, ['ort-node: does not run here']);
  t.same(
    results.map(({ runtime, dtype }) => `${runtime} ${dtype}`),
    ['lopper int8', 'tfjs-wasm f32', 'ort-web f32', 'ort-web-int8 int8'],
  );
  for (const { median_ms, peak_bytes } of results) t.ok(median_ms > 0 && peak_bytes > 0);
  t.equal(ratios.length, 4);
  t.ok(profiles![0].layers.length > 10);
});

t.test('threads in chromium', { skip }, async (t) => {
  const { bytes } = makeVariant('mobilenet-v1-0.25-96', { dtype: 'int8', sparsity: 0.5, block: [2, 2] }, 2);
  const input = randomInput(96 * 96 * 3, 2);
  const { results } = await withBrowser((run) =>
    bench([{ name: 'vww', files: [{ bytes }], input }], { runs: 2, threads: [1, 2] }, run),
  );
  t.same(
    results.map(({ threads }) => threads),
    [1, 2],
  );
});

t.test('a failure in the page is the failure here', { skip }, async (t) => {
  const { bytes } = makeVariant('ds-cnn', { dtype: 'int8', sparsity: 0, block: [1, 1] }, 2);
  const model = { name: 'ds-cnn', files: [{ bytes }], input: new Float32Array(3) };
  await t.rejects(
    withBrowser((run) => bench([model], { runs: 1 }, run)),
    { message: 'ds-cnn: expected an input of 490 values (49x10x1), got 3' },
  );
});
