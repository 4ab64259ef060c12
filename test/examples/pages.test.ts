/** The examples that are pages, really started and used in chromium. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { Page } from 'playwright-core';
import { lacks } from '../embed/app.js';
import { noBrowser, openBrowser, serve } from '../embed/browser.js';
import { copyExample, ROOT, startServer } from './example.js';

/** Where vite is, and its command. */
const PACKAGES = ['vite', '.bin/vite'];

type Point = readonly [x: number, y: number];

/** Strokes, as shares of the canvas' width and height. */
const STROKES: Record<number, Point[]> = {
  1: [
    [0.5, 0.2],
    [0.5, 0.8],
  ],
  7: [
    [0.3, 0.25],
    [0.7, 0.25],
    [0.45, 0.8],
  ],
};

async function draw(page: Page, [first, ...others]: Point[]): Promise<void> {
  const { x, y, width, height } = (await page.locator('canvas').boundingBox())!;
  const move = (point: Point, steps?: number): Promise<void> =>
    page.mouse.move(x + point[0] * width, y + point[1] * height, { steps });
  await move(first);
  await page.mouse.down();
  for (const point of others) await move(point, 12);
  await page.mouse.up();
}

/** Waits for the page to say `text` first. */
async function says(page: Page, text: string): Promise<void> {
  const begins = (text: string): boolean => document.querySelector('output')!.value.startsWith(text);
  await page.waitForFunction(begins, text).catch(async () => {
    throw new Error(
      `expected the page to say '${text}', got '${await page.locator('output').textContent()}'`,
    );
  });
}

/** The page reads a drawn one and a drawn seven. */
async function reads(page: Page): Promise<void> {
  await says(page, 'Draw');
  for (const [digit, strokes] of Object.entries(STROKES)) {
    await draw(page, strokes);
    await says(page, `${digit} (`);
    await page.getByRole('button').click();
    await says(page, 'Draw');
  }
}

const noVite = noBrowser || lacks('vite');

t.test('pages', { skip: noBrowser }, async (t) => {
  const browser = await openBrowser(t);

  const open = async (t: Test, url: string): Promise<Page> => {
    const page = await browser.newPage();
    t.teardown(() => page.close());
    page.on('pageerror', (error) => t.fail(error.message));
    page.setDefaultTimeout(30_000);
    await page.goto(url);
    return page;
  };

  t.test('script-tag', async (t) => {
    const { url } = await startServer(t, copyExample(t, 'script-tag', ['express']));
    await reads(await open(t, url));
    t.pass();
  });

  t.test('service-worker: also without the server', async (t) => {
    const { url, end } = await startServer(t, copyExample(t, 'service-worker', ['express']));
    const page = await open(t, url);
    await reads(page);
    await end();
    await t.rejects(fetch(url), 'the server is gone');
    await page.reload();
    await reads(page);
  });

  t.test('vite-app: while it is edited', { skip: noVite }, async (t) => {
    const folder = copyExample(t, 'vite-app', PACKAGES, `${ROOT}test/embed/`);
    const { url } = await startServer(t, folder, '--', '--port', '0');
    await reads(await open(t, url));
    t.pass();
  });

  t.test('vite-app: built', { skip: noVite }, async (t) => {
    const folder = copyExample(t, 'vite-app', PACKAGES, `${ROOT}test/embed/`);
    execFileSync('npm', ['run', 'build', '--silent'], { cwd: folder, stdio: 'pipe' });
    const built = readdirSync(`${folder}/dist/assets`);
    for (const file of [/^digits-.*\.lop$/, /^lopper-simd128-.*\.wasm$/])
      t.ok(
        built.some((name) => file.test(name)),
        String(file),
      );
    const { url } = await serve(t, `${folder}/dist`);
    await reads(await open(t, `${url}index.html`));
  });
});
