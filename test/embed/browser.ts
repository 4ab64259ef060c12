/** Apps in a real browser. */
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import type { Test } from 'tap';
import { findChromium } from '../../src/bench/browser/run.js';
import { digits, giveDigit } from './app.js';

const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** False where there is a browser. */
export const noBrowser =
  findChromium() === undefined && 'no chromium: apt-get install chromium, or set CHROMIUM';

/** Files of a folder; the address to which their names are to be added. */
export async function serve(
  t: Test,
  folder: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const file = join(folder, pathname);
    asked.push(pathname.slice(1));
    const there = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    response.writeHead(there ? 200 : 404, {
      ...headers,
      'Content-Type': TYPES[extname(pathname)] ?? 'application/octet-stream',
    });
    response.end(there ? readFileSync(file) : '');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, asked };
}

export async function openBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ARGS });
  t.teardown(() => browser.close());
  return browser;
}

/** Two are enough that guessing fails; pages are slow. */
const shown = digits.slice(0, 2);

/** What the page at `address` gives as its title, once for each digit that it finds in `app`. */
export async function titles(browser: Browser, app: string, address: string): Promise<string[]> {
  const answers: string[] = [];
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  for (const digit of shown) {
    giveDigit(app, digit);
    await page.goto(address);
    const answered = page.waitForFunction(() => /^\d$/.test(document.title), undefined, { timeout: 20_000 });
    answers.push(await answered.then(() => page.title()).catch(() => `none: ${complaints.join('; ')}`));
  }
  await context.close();
  return answers;
}

/** What `titles` should give. */
export const labels = shown.map(({ label }) => String(label));

/** An app's page of one script. */
export const pageOf = (script: string): string =>
  `<!doctype html>\n<link rel="icon" href="data:," />\n<script type="module" src="${script}"></script>\n`;
