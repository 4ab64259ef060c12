import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import t from 'tap';
import { createApp } from '../../src/server/app.js';
import { listen, type Listening } from '../../src/server/listen.js';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const MODELS = process.env.LOPPER_MODELS ?? inRepository('models');
const PAGE = inRepository('dist/server/public');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function reasonToSkip(): string | false {
  if (!existsSync(CHROMIUM)) return `no chromium at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`;
  return existsSync(`${MODELS}/mnist-cnn/model.lop`) ? false : `no mnist-cnn in ${MODELS}`;
}

interface Opened {
  page: Page;
  /** Whatever the console, the network or a script complained of. */
  complaints: string[];
}

const skip = reasonToSkip();
let browser: Browser;
let server: Listening;

async function open(width: number, height: number, touch = false): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: touch, isMobile: touch });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(server.url);
  await page.waitForSelector('body[data-ready]');
  return { page, complaints };
}

/** Moves the mouse, pressed, through points of the unit square of the canvas. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator('#pad').boundingBox())!;
  const at = ([x, y]: readonly [number, number]): [number, number] => [
    box.x + x * box.width,
    box.y + y * box.height,
  ];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
}

const field = (page: Page, side: string, name: string) =>
  page.locator(`[data-side="${side}"] [data-field="${name}"]`);

async function value(page: Page, side: string, name: string): Promise<number> {
  return Number((await field(page, side, name).getAttribute('data-value')) ?? NaN);
}

/** Waits until both have answered and were timed. */
const measured = (page: Page) =>
  page.waitForFunction(() => document.querySelector('#faster')!.textContent !== '–');

async function answers(page: Page): Promise<string[]> {
  return Promise.all(
    ['dense', 'pruned'].map(async (side) => (await field(page, side, 'digit').textContent())!),
  );
}

t.test('the page in chromium', { skip }, async (t) => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  server = await listen(createApp({ models: MODELS, publicDir: PAGE }), { port: 0 });
  t.teardown(async () => {
    await browser.close();
    await server.close();
  });

  await t.test('both networks read drawn digits, and the figures are there', async (t) => {
    const { page, complaints } = await open(1280, 860);
    const digits: [string, [number, number][]][] = [
      [
        '1',
        [
          [0.52, 0.15],
          [0.48, 0.85],
        ],
      ],
      [
        '7',
        [
          [0.28, 0.2],
          [0.72, 0.2],
          [0.6, 0.45],
          [0.48, 0.85],
        ],
      ],
    ];
    for (const [digit, points] of digits) {
      await page.click('#clear');
      t.same(await answers(page), ['–', '–'], 'cleared');
      await draw(page, points);
      await measured(page);
      t.same(await answers(page), [digit, digit]);
      t.match(
        await page.locator('#status').textContent(),
        new RegExp(`Dense: ${digit}, \\d+ %. Pruned: ${digit}, \\d+ %`),
      );
      for (const side of ['dense', 'pruned']) {
        const latency = await value(page, side, 'latency');
        t.ok(latency > 0 && latency < 1000, `${side}: ${latency} ms`);
        const sure = await value(page, side, 'sure');
        t.ok(sure > 0.3 && sure <= 1.000001, `${side}: ${sure}`);
      }
    }
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('bytes are those on the wire', async (t) => {
    const { page } = await open(1280, 860);
    t.equal(await value(page, 'pruned', 'model'), statSync(`${MODELS}/mnist-cnn/model.lop`).size);
    const json = readFileSync(`${MODELS}/mnist-cnn/dense/model.json`, 'utf8');
    const { weightsManifest } = JSON.parse(json) as { weightsManifest: { paths: string[] }[] };
    const shards = weightsManifest.flatMap(({ paths }) =>
      paths.map((path) => `${MODELS}/mnist-cnn/dense/${path}`),
    );
    const dense = shards.reduce((sum, path) => sum + statSync(path).size, Buffer.byteLength(json));
    t.equal(await value(page, 'dense', 'model'), dense);
    const [tfjs, lopper] = [await value(page, 'dense', 'runtime'), await value(page, 'pruned', 'runtime')];
    t.ok(lopper > 5_000 && lopper < 45_000, `Lopper's wasm and JavaScript: ${lopper}`);
    t.ok(tfjs > 5 * lopper && tfjs < 2_000_000, `tfjs' wasm and JavaScript: ${tfjs}`);
    await page.context().close();
  });

  await t.test('every sample digit by keyboard, and every model', async (t) => {
    const { page, complaints } = await open(1280, 860);
    const names = await page
      .locator('#models input')
      .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    t.ok(names.includes('mnist-cnn'));
    for (const name of names) {
      const ready = await page.locator('body').getAttribute('data-ready');
      const input = page.locator(`#models input[value="${name}"]`);
      if (!(await input.isChecked())) {
        await input.press('Space');
        await page.waitForFunction((before) => document.body.dataset['ready'] !== before, ready);
      }
      let right = 0;
      for (let digit = 0; digit < 10; digit++) {
        await page.locator(`#samples button:nth-child(${digit + 1})`).press('Enter');
        const [dense, pruned] = await answers(page);
        right += Number(dense === String(digit)) + Number(pruned === String(digit));
      }
      t.ok(right >= 18, `${name}: ${right} of 20 answers right`);
    }
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('on a phone it fits, and a finger draws', async (t) => {
    const { page, complaints } = await open(390, 844, true);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    t.equal(overflow, 0, 'no sideways scrolling');
    const box = (await page.locator('#pad').boundingBox())!;
    const touch = await page.context().newCDPSession(page);
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: y === undefined ? [] : [{ x: box.x + box.width / 2, y: box.y + y * box.height }],
      });
    await send('touchStart', 0.15);
    for (let y = 0.2; y < 0.86; y += 0.05) await send('touchMove', y);
    await send('touchEnd');
    await measured(page);
    t.same(await answers(page), ['1', '1']);
    t.same(complaints, []);
    await page.context().close();
  });
});
