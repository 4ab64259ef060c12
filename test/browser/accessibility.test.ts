/** axe-core finds nothing serious in any view, on a desktop and on a phone, light and dark. */
import type * as Axe from 'axe-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import t from 'tap';
import { Demo, skip, type OpenOptions } from './demo.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const VIEWS: [hash: string, there: string][] = [
  ['#compare', 'body[data-ready]'],
  ['#sparsity', 'body[data-layers]'],
  ['#compress', 'body[data-compress]'],
  ['#lab', 'body[data-devices]'],
];
const DEVICES: [string, OpenOptions][] = [
  ['desktop', {}],
  ['desktop, dark', { dark: true }],
  ['phone', { width: 390, height: 844, touch: true }],
];

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof Axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

t.test('accessibility', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());
  for (const [device, options] of DEVICES) {
    await t.test(device, async (t) => {
      const { page } = await demo.open(options);
      for (const [hash, there] of VIEWS) {
        await page.evaluate((to) => (location.hash = to), hash);
        await page.waitForSelector(`body[data-view="${hash.slice(1)}"]`);
        await page.waitForSelector(there);
        t.same(await findings(page), [], hash);
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        t.equal(wide, 0, `${hash}: no sideways scrolling`);
      }
      await page.context().close();
    });
  }
});
