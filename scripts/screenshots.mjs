// Takes docs/page.png (desktop), docs/page-phone.png and docs/page-lab.png of the page as it is served, in chromium.
// usage: npm run screenshots [-- page page-phone page-lab]     needs a chromium at /usr/bin/chromium, or in $CHROMIUM, and a built dist/
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PATIENCE = 180_000;

/** The device lab once this device was measured and sent. */
async function measureAndSend(page) {
  await page.click('#lab-measure');
  await page.waitForSelector('body[data-lab="done"]');
  await page.fill('#lab-name', 'This machine');
  await page.check('#lab-consent');
  await page.click('#lab-send');
  await page.waitForSelector('body[data-devices="1"]');
}

const SHOTS = {
  page: { width: 1280, height: 880, hash: '#compare', there: 'body[data-measured]' },
  'page-phone': { width: 390, height: 844, scale: 2, hash: '#compare', there: 'body[data-measured]' },
  'page-sparsity': { width: 1280, height: 880, hash: '#sparsity', there: 'body[data-sparsity]' },
  'page-lab': { width: 1280, height: 880, hash: '#lab', there: 'body[data-devices]', act: measureAndSend },
};

async function shoot(browser, url, name) {
  const { width, height, scale = 1, hash, there, act } = SHOTS[name];
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${url}${hash}`);
  await page.waitForSelector(there);
  await act?.(page);
  await page.screenshot({ path: join(ROOT, 'docs', `${name}.png`), fullPage: true });
  await page.close();
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SHOTS);
const data = mkdtempSync(join(tmpdir(), 'lopper-screenshots-'));
const options = ['serve', '--port', '0', '--data', data, '--log-level', 'error'];
const server = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...options], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(server.stdout, 'data');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
  timeout: PATIENCE,
});
try {
  for (const name of wanted) await shoot(browser, String(line).split(' ')[0].trim(), name);
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(data, { recursive: true, force: true });
}
