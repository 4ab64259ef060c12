/** Contests in a headless Chromium: one page each, so that no runtime keeps memory of another network. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { writeLop } from '../../format/index.js';
import type { RunContest } from '../bench.js';
import type { BenchModel, Contest, ContestOptions } from '../contest.js';
import { bundlePage } from './bundle.js';
import type { BenchGlobals, ContestRequest } from './request.js';
import { serveBench, type BenchServer } from './serve.js';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `$CHROMIUM`, or where systems install it; undefined where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM } = process.env;
  return (CHROMIUM ? [CHROMIUM] : PLACES).find((path) => existsSync(path));
}

async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error(
      `--browser: expected a Chromium at ${process.env.CHROMIUM ?? PLACES.join(' or ')}, got none; install it, or set CHROMIUM`,
    );
  const { chromium } = await import('playwright-core').catch((cause: unknown) => {
    throw new Error(
      '--browser: expected playwright-core installed, got none; run npm install in the repository',
      {
        cause,
      },
    );
  });
  return chromium.launch({ executablePath, args: ARGS });
}

/** Makes the model's bytes available to the page. */
function requestOf(server: BenchServer, model: BenchModel, options: ContestOptions): ContestRequest {
  const { name, files, dense, input, sameWeights } = model;
  const lop = (graph: Parameters<typeof writeLop>[0]): string =>
    server.add('dense.lop', writeLop(graph, { entropy: false }));
  const { against, runs, budgetMs, profile, build, threads, batch } = options;
  return {
    name,
    files: files.map(({ bytes, described }) => ({ url: server.add('model.lop', bytes), described })),
    // Only the peers need it, and it is the largest.
    dense:
      dense && against?.length ? { graph: lop(dense.graph), int8: dense.int8 && lop(dense.int8) } : undefined,
    input: input && server.add('input.bin', new Uint8Array(input.buffer, input.byteOffset, input.byteLength)),
    sameWeights,
    options: { against, runs, budgetMs, profile, build, threads, batch },
  };
}

/** What was thrown in the page, without what playwright adds. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [first] = error.message.split('\n');
  return new Error(first.replace(/^page\.evaluate: (\w*Error: )?/, ''), { cause: error });
}

async function runPage(
  browser: Browser,
  server: BenchServer,
  model: BenchModel,
  options: ContestOptions,
): Promise<Contest> {
  const page = await browser.newPage();
  try {
    const failed = new Promise<never>((_, reject) => {
      page.on('crash', () => reject(new Error(`${model.name}: the page crashed; it may lack memory`)));
      page.on('pageerror', (error) => reject(error));
    });
    failed.catch(() => undefined);
    await page.exposeFunction('lopperProgress', (done: number, total: number) =>
      options.onProgress?.(model.name, done, total),
    );
    await page.exposeFunction('lopperWarning', (line: string) => options.onWarning?.(line));
    await page.goto(server.url);
    await page.waitForFunction(() => 'lopperBench' in globalThis);
    const request = requestOf(server, model, options);
    const call = page.evaluate((sent) => (globalThis as unknown as BenchGlobals).lopperBench(sent), request);
    const result = await Promise.race([call, failed]).catch((error: unknown) => {
      throw unwrapped(error);
    });
    return { ...result, engines: [`Chromium ${browser.version()}`, ...result.engines] };
  } finally {
    await page.close();
  }
}

/**
 * Starts a server and a browser, and hands `work` what runs a contest there; both are gone afterwards.
 * @throws Error where there is no Chromium, or a development dependency is missing
 */
export async function withBrowser<T>(
  work: (run: RunContest) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const browser = await launch();
  const close = (): void => void browser.close();
  signal?.addEventListener('abort', close);
  try {
    const server = await serveBench(await bundlePage());
    try {
      return await work((model, options) => runPage(browser, server, model, options));
    } finally {
      await server.close();
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', close);
    await browser.close();
  }
}
