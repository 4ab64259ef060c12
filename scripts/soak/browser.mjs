// The soak in a page of a headless Chromium; memory is that of its renderer processes.
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { findChromium } from '../../dist/bench/browser/run.js';
import { serveBench } from '../../dist/bench/browser/serve.js';
import { commandOf, descendants, descriptorCount, residentBytes, threadCount } from './processes.mjs';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: ['scripts/soak/page.mjs'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}

/** All renderers: the page's, and those that wait for pages, which stay as they are. */
const renderers = () => descendants(process.pid).filter((pid) => commandOf(pid).includes('--type=renderer'));
const sum = (pids, count) => pids.reduce((total, pid) => total + count(pid), 0);

export async function openBrowser(files) {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('--browser: expected a Chromium, got none; install it, or set CHROMIUM');
  const browser = await chromium.launch({ executablePath, args: ARGS });
  const server = await serveBench(await bundle());
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(server.url);
  await page.waitForFunction(() => 'openSoak' in globalThis);
  const addresses = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, server.add(name, bytes)]),
  );
  await page.evaluate((sent) => globalThis.openSoak(sent), addresses);
  const session = await page.context().newCDPSession(page);
  return {
    engine: `Chromium ${browser.version()}`,
    infer: (from, to) => page.evaluate(([a, b]) => globalThis.soak.infer(a, b), [from, to]),
    cycle: (from, to) => page.evaluate(([a, b]) => globalThis.soak.cycle(a, b), [from, to]),
    isUnchanged: () => page.evaluate(() => globalThis.soak.isUnchanged()),
    measure: async () => {
      const pids = renderers();
      const {
        usedSize,
        backingStorageSize = 0,
        embedderHeapUsedSize = 0,
      } = await session.send('Runtime.getHeapUsage');
      return {
        rss_bytes: sum(pids, residentBytes),
        heap_bytes: usedSize,
        embedder_bytes: embedderHeapUsedSize,
        backing_bytes: backingStorageSize,
        wasm_bytes: await page.evaluate(() => globalThis.soak.wasmBytes),
        workers: page.workers().length,
        threads: sum(pids, threadCount),
        descriptors: sum(pids, descriptorCount),
      };
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
