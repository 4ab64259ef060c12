/** Compare without a mouse: by keyboard with every model, and by finger on a phone. */
import t from 'tap';
import { Demo, digits, measure, skip } from './demo.js';

t.test('Compare by keyboard and by finger', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());

  await t.test('every sample digit by keyboard, and every model', async (t) => {
    const { page, complaints } = await demo.open();
    const names = await page
      .locator('#models input')
      .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    t.ok(names.includes('mnist-cnn') && names.length >= 3);
    for (const name of names) {
      const input = page.locator(`#models input[value="${name}"]`);
      if (!(await input.isChecked())) {
        const ready = await page.locator('body').getAttribute('data-ready');
        await input.press('Space');
        await page.waitForFunction((before) => document.body.dataset['ready'] !== before, ready);
      }
      let right = 0;
      for (let digit = 0; digit < 10; digit++) {
        const status = await page.locator('#status').textContent();
        await page.locator(`#samples button:nth-child(${digit + 1})`).press('Enter');
        await page.waitForFunction(
          (before) => document.querySelector('#status')!.textContent !== before,
          status,
        );
        right += (await digits(page)).filter((said) => said === String(digit)).length;
      }
      t.ok(right >= 18, `${name}: ${right} of 20 answers right`);
    }
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('on a phone it fits, and a finger draws', async (t) => {
    const { page, complaints } = await demo.open({ width: 390, height: 844, touch: true });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    t.equal(overflow, 0, 'no sideways scrolling');
    await page.click('#clear');
    const box = (await page.locator('#pad').boundingBox())!;
    const touch = await page.context().newCDPSession(page);
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: y === undefined ? [] : [{ x: box.x + box.width / 2, y: box.y + y * box.height }],
      });
    await measure(page, async () => {
      await send('touchStart', 0.15);
      for (let y = 0.2; y < 0.86; y += 0.05) await send('touchMove', y);
      await send('touchEnd');
    });
    t.same(await digits(page), ['1', '1']);
    t.same(complaints, []);
    await page.context().close();
  });
});
