/** Threads in a page: where it is cross-origin isolated there are workers, elsewhere one thread, and the same bits. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import t from 'tap';
import { findChromium } from '../../src/bench/browser/run.js';
import { writeLop } from '../../src/format/index.js';
import { runReference } from '../../src/reference/run.js';
import type * as Runtime from '../../src/runtime/index.js';
import { random } from '../helpers/random.js';
import { linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

const executablePath = findChromium();
const skip = executablePath === undefined && 'no chromium: apt-get install chromium, or set CHROMIUM';

const r = random();
const x = tensor('x', [32, 32, 16], 'i8', r);
const graph = oneNode(
  'conv2d',
  [x],
  {},
  linearWeights({ dtype: 'i8', kernel: [32, 1, 1, 16] }, r),
  linearOutput(x, 16, r),
);
const input = randomValues(x, r);
const want = [...runReference(graph, [input])[0]];
const file = writeLop(graph);

/** The built runtime, `model.lop` and an empty page. `lacks`: a file that is not there. */
function serve(headers: Record<string, string>, lacks?: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = `${DIST}${url.slice(1)}`;
    const isBuilt = /^\/(runtime|wasm)\/[\w-]+\.(js|wasm)$/.test(url) && existsSync(path);
    const type = url.endsWith('.js') ? 'text/javascript' : url === '/' ? 'text/html' : 'application/wasm';
    response.writeHead(isBuilt && url !== lacks ? 200 : url === '/' || url === '/model.lop' ? 200 : 404, {
      ...headers,
      'Content-Type': type,
    });
    response.end(url === '/model.lop' ? file : isBuilt && url !== lacks ? readFileSync(path) : '');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

interface Answer {
  isolated: boolean;
  threads: number;
  /** Of a second run, after the workers have gone to sleep. */
  scores: number[];
}

async function runInPage(browser: Browser, server: Server): Promise<Answer> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const answer = await page.evaluate(
    async ({ values }) => {
      const address = '/runtime/index.js';
      const { load } = (await import(address)) as typeof Runtime;
      const model = await load('/model.lop', { threads: 3 });
      const input = Int8Array.from(values);
      model.run(new Int8Array(input.length));
      await new Promise((done) => setTimeout(done, 50));
      const scores = Array.from(model.run(input)[0]);
      const { threads } = model;
      model.dispose();
      return { isolated: crossOriginIsolated, threads, scores };
    },
    { values: [...input] },
  );
  await page.close();
  return answer;
}

t.test('pages', { skip }, async (t) => {
  const browser = await chromium.launch({ executablePath, args: ARGS });
  t.teardown(() => browser.close());
  const cases = [
    { what: 'isolated', headers: ISOLATED, isolated: true, threads: 3 },
    { what: 'not isolated', headers: {}, isolated: false, threads: 1 },
    {
      what: 'without the script of workers',
      headers: ISOLATED,
      lacks: '/runtime/worker.js',
      isolated: true,
      threads: 1,
    },
  ];
  for (const { what, headers, lacks, isolated, threads } of cases) {
    const server = await serve(headers, lacks);
    t.teardown(() => server.close());
    t.same(await runInPage(browser, server), { isolated, threads, scores: want }, what);
  }
});
