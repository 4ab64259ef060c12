/** Ways into Compare beside drawing: a file, the clipboard, the camera. */
import sharp from 'sharp';
import t from 'tap';
import { Demo, digits, measure, skip } from './demo.js';

/** A dark 1 on light paper, as a photograph of one would be. */
const photo = (): Promise<Buffer> =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: '#d8d2c4' } })
    .composite([
      {
        input: Buffer.from(
          '<svg width="320" height="240"><path d="M170 40 L155 200" stroke="#222" stroke-width="16" stroke-linecap="round"/></svg>',
        ),
      },
    ])
    .png()
    .toBuffer();

t.test('pictures', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir(), ['--use-fake-ui-for-media-stream']);
  t.teardown(() => demo.stop());

  await t.test('a file, and one pasted', async (t) => {
    const { page, complaints } = await demo.open();
    await measure(page, async () =>
      page.setInputFiles('#file', { name: 'one.png', mimeType: 'image/png', buffer: await photo() }),
    );
    t.same(await digits(page), ['1', '1'], 'a file');
    await page.click('#clear');
    const encoded = (await photo()).toString('base64');
    await measure(page, () =>
      page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], 'one.png', { type: 'image/png' }));
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
      }, encoded),
    );
    t.same(await digits(page), ['1', '1'], 'pasted');
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('a file that is no picture says so, and what was there stays', async (t) => {
    const { page } = await demo.open();
    await page.setInputFiles('#file', {
      name: 'x.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('hello'),
    });
    await page.waitForSelector('#picture-problem:not([hidden])');
    t.match(
      await page.locator('#picture-problem').textContent(),
      /x\.txt: expected an image.*got text\/plain/,
    );
    t.same(await digits(page), ['7', '7']);
    await page.context().close();
  });

  await t.test('the camera is shown, gives a picture, and is let go', async (t) => {
    const { page } = await demo.open({ permissions: ['camera'] });
    await page.click('#camera');
    await page.waitForSelector('#viewfinder:not([hidden])');
    await page.waitForFunction(() => (document.querySelector('#video') as HTMLVideoElement).videoWidth > 0);
    const track = await page.evaluateHandle(
      () => ((document.querySelector('#video') as HTMLVideoElement).srcObject as MediaStream).getTracks()[0],
    );
    t.equal(await track.evaluate(({ readyState }) => readyState), 'live');
    await measure(page, () => page.click('#shoot'));
    t.equal(await track.evaluate(({ readyState }) => readyState), 'ended');
    t.notOk(await page.locator('#viewfinder').isVisible());
    await page.context().close();
  });

  await t.test('a camera that is refused says what to do', async (t) => {
    const { page } = await demo.open();
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    });
    await page.click('#camera');
    await page.waitForSelector('#picture-problem:not([hidden])');
    t.match(await page.locator('#picture-problem').textContent(), /not allowed.*Allow it/);
    await page.context().close();
  });
});
