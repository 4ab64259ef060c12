/** What the page costs: bytes of JavaScript, time to a first answer, shifts of its layout. */
import { readdirSync, statSync } from 'node:fs';
import t from 'tap';
import { Demo, measured, PUBLIC, skip } from './demo.js';

/** On a quiet machine; a busy one may take four times as long. */
const FIRST_RESULT_MS = 1500;
const BUSY = 4;
const PAGE_BYTES = 80_000;
/** Runtimes of others, and plain JavaScript: fetched when chosen. */
const PEERS = /^(tfjs|ort|reference)-/;

t.test('JavaScript of the page, gzip, without the peers', async (t) => {
  const scripts = readdirSync(`${PUBLIC}/assets`).filter(
    (name) => name.endsWith('.js.gz') && !PEERS.test(name),
  );
  const total = scripts.reduce((sum, name) => sum + statSync(`${PUBLIC}/assets/${name}`).size, 0);
  t.comment(`${total} bytes in ${scripts.length} scripts`);
  t.ok(total > 10_000 && total <= PAGE_BYTES, `${total} of ${PAGE_BYTES} bytes`);
});

/** Runs in the page. */
function watchShifts(): void {
  const seen = { shift: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      seen.shift += (entry as PerformanceEntry & { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
}

t.test('in chromium', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());
  const times: number[] = [];
  const shifts: number[] = [];
  for (let visit = 0; visit < 3; visit++) {
    // a context of its own each time: nothing is cached
    const { page } = await demo.blank();
    await page.addInitScript(watchShifts);
    await page.goto(demo.url);
    await page.waitForSelector('body[data-first-result]');
    times.push(Number(await page.locator('body').getAttribute('data-first-result')));
    await measured(page);
    shifts.push(await page.evaluate(() => (globalThis as unknown as { seen: { shift: number } }).seen.shift));
    await page.context().close();
  }
  const best = Math.min(...times);
  t.comment(`first answer, nothing cached, after ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  t.ok(
    best <= BUSY * FIRST_RESULT_MS,
    `${best.toFixed(0)} ms, at most ${FIRST_RESULT_MS} ms on a quiet machine`,
  );
  const shift = Math.max(...shifts);
  t.ok(shift < 0.05, `layout shift ${shift.toFixed(4)}`);
});
