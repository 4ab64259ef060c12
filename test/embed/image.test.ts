/** Pictures, canvases, bitmaps and videos of a real browser as input: what `lopper run` makes of the same file. */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import t from 'tap';
import { readInput } from '../../src/cli/inputs/index.js';
import type * as Image from '../../src/preprocess/canvas.js';
import type { Described } from '../../src/preprocess/canvas.js';
import { PRESETS, type Preprocessing } from '../../src/preprocess/index.js';
import { random } from '../helpers/random.js';
import { appWith, digits, write } from './app.js';
import { noBrowser, openBrowser, serve } from './browser.js';

const app = appWith(t, 'picture.js');
const r = random();

async function png(name: string, width: number, height: number, bytes: Uint8Array): Promise<string> {
  const channels = (bytes.length / (width * height)) as 1 | 3;
  await sharp(bytes, { raw: { width, height, channels } }).png().toFile(`${app}/${name}`);
  return `${app}/${name}`;
}

const CASES: { shape: number[]; preprocessing: Preprocessing }[] = [
  { shape: [24, 24, 3], preprocessing: PRESETS['imagenet-torch'] },
  { shape: [3, 20, 30], preprocessing: { ...PRESETS['cifar-torch'], layout: 'chw' } },
  { shape: [47, 61, 3], preprocessing: PRESETS['imagenet-tf'] },
  {
    shape: [16, 16, 1],
    preprocessing: { ...PRESETS.unit, image: { fit: 'pad', filter: 'lanczos3', invert: true } },
  },
];

t.test('in a page', { skip: noBrowser }, async (t) => {
  await build({
    entryPoints: [`${app}/node_modules/lopper-runtime/dist/preprocess/canvas.js`],
    bundle: true,
    format: 'iife',
    globalName: 'image',
    outfile: `${app}/image.js`,
  });
  await build({
    entryPoints: [`${app}/picture.js`],
    bundle: true,
    format: 'esm',
    outdir: `${app}/built`,
    loader: { '.wasm': 'file' },
  });
  // the builds lie where the module expects them
  for (const file of ['lopper-simd128.wasm'])
    write(app, `wasm/${file}`, readFileSync(`${app}/node_modules/lopper-runtime/dist/wasm/${file}`));
  const noise = await png(
    'noise.png',
    61,
    47,
    Uint8Array.from({ length: 61 * 47 * 3 }, () => r.int(0, 255)),
  );
  write(app, 'index.html', '<!doctype html><img src="noise.png" /><script src="image.js"></script>');
  const { url } = await serve(t, app);
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  await page.goto(`${url}index.html`);

  for (const { shape, preprocessing } of CASES)
    t.test(`input [${shape}]`, async (t) => {
      const model: Described = {
        inputs: [{ shape, dtype: 'f32', scale: 1, zeroPoint: 0 }],
        metadata: { preprocessing },
      };
      const got = await page.evaluate(
        async ({ model }) => {
          const { imageReader } = (globalThis as unknown as { image: typeof Image }).image;
          const picture = document.querySelector('img')!;
          await picture.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
          const context = canvas.getContext('2d')!;
          context.drawImage(picture, 0, 0);
          const offscreen = new OffscreenCanvas(canvas.width, canvas.height);
          offscreen.getContext('2d')!.drawImage(picture, 0, 0);
          const frame = new VideoFrame(canvas, { timestamp: 0 });
          const sources = {
            picture,
            canvas,
            offscreen,
            frame,
            pixels: context.getImageData(0, 0, canvas.width, canvas.height),
            bitmap: await createImageBitmap(picture),
          };
          const read = imageReader(model);
          const inputs = Object.entries(sources).map(([name, source]) => [name, [...read(source)]] as const);
          frame.close();
          return inputs;
        },
        { model },
      );
      const want = [...(await readInput(noise, { shape, preprocessing, invert: false }))];
      t.equal(got.length, 6);
      for (const [name, input] of got) t.same(input, want, name);
    });

  t.test('a video', async (t) => {
    const grey = await page.evaluate(async () => {
      const { imageInput } = (globalThis as unknown as { image: typeof Image }).image;
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [64, 48];
      const context = canvas.getContext('2d')!;
      const stream = canvas.captureStream(30);
      const video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true });
      const model = {
        inputs: [{ shape: [8, 8, 1], dtype: 'f32', scale: 1, zeroPoint: 0 } as const],
        metadata: { preprocessing: { scale: 1, offset: 0 } },
      };
      let early = '';
      try {
        imageInput(model, video);
      } catch (error) {
        early = (error as Error).message;
      }
      const draw = setInterval(() => {
        context.fillStyle = 'rgb(90, 90, 90)';
        context.fillRect(0, 0, 64, 48);
      }, 20);
      await video.play();
      await new Promise((done) => video.requestVideoFrameCallback(done));
      clearInterval(draw);
      return { early, values: [...imageInput(model, video)] };
    });
    t.match(grey.early, /expected one that has loaded, got 0 x 0/);
    // a video's colours are not the canvas's to the last bit
    t.ok(
      grey.values.length === 64 && grey.values.every((value) => Math.abs(value - 90) <= 3),
      `${grey.values.slice(0, 4)}`,
    );
  });

  t.test('docs/embed.md, picture.js', async (t) => {
    for (const { label, input } of digits.slice(0, 2)) {
      await png(
        `${label}.png`,
        28,
        28,
        Uint8Array.from(input, (value) => Math.round(value * 255)),
      );
      write(
        app,
        `${label}.html`,
        `<!doctype html><img src="${label}.png" /><script type="module" src="built/picture.js"></script>`,
      );
      await page.goto(`${url}${label}.html`);
      await page.waitForFunction(() => /^\d$/.test(document.title));
      t.equal(await page.title(), String(label));
    }
  });
});
