import t from 'tap';
import { normalizeDigit, SIZE } from '../../../../src/server/page/picture/normalize.js';

function drawing(size: number, ink: (x: number, y: number) => boolean) {
  const values = new Float32Array(size * size);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) values[y * size + x] = ink(x, y) ? 1 : 0;
  return { values, width: size, height: size };
}

const span = (values: number[]): number => Math.max(...values) - Math.min(...values) + 1;

/** A 7: its ink is mostly at the top right. */
const seven = (x: number, y: number): boolean =>
  (y >= 40 && y < 60 && x >= 40 && x < 200) || (x >= 180 && x < 200 && y >= 40 && y < 240);

function measure(image: Float32Array) {
  let [mass, x, y] = [0, 0, 0];
  const rows: number[] = [];
  const columns: number[] = [];
  image.forEach((ink, i) => {
    mass += ink;
    x += ink * ((i % SIZE) + 0.5);
    y += ink * (Math.floor(i / SIZE) + 0.5);
    if (ink > 0.5) rows.push(Math.floor(i / SIZE));
    if (ink > 0.5) columns.push(i % SIZE);
  });
  return { x: x / mass, y: y / mass, tall: span(rows), wide: span(columns), mass };
}

t.test('no ink, no image', async (t) => {
  t.equal(normalizeDigit(drawing(40, () => false)), undefined);
});

t.test('a stroke anywhere, of any size, becomes 20 pixels tall around the middle', async (t) => {
  for (const [size, left, top, tall] of [
    [280, 20, 10, 120],
    [280, 200, 30, 240],
    [100, 3, 50, 40],
  ]) {
    const image = normalizeDigit(
      drawing(size, (x, y) => x >= left && x < left + tall / 10 && y >= top && y < top + tall),
    )!;
    const seen = measure(image);
    t.ok(Math.abs(seen.tall - 20) <= 1, `${seen.tall} rows`);
    t.ok(Math.abs(seen.x - 14) < 0.05 && Math.abs(seen.y - 14) < 0.05, `centre ${seen.x}, ${seen.y}`);
    t.ok(Math.abs(seen.mass - 40) < 0.5, `20 x 2 pixels of ink, got ${seen.mass}`);
  }
});

t.test('the centre of mass, not of the box, is the middle', async (t) => {
  const seen = measure(normalizeDigit(drawing(280, seven))!);
  t.ok(Math.abs(seen.x - 14) < 0.05 && Math.abs(seen.y - 14) < 0.05, `centre ${seen.x}, ${seen.y}`);
  t.ok(Math.abs(seen.tall - 20) <= 1);
});

t.test('a wide drawing keeps its aspect', async (t) => {
  const seen = measure(normalizeDigit(drawing(280, (x, y) => x >= 40 && x < 240 && y >= 100 && y < 140))!);
  t.ok(Math.abs(seen.wide - 20) <= 1 && Math.abs(seen.tall - 4) <= 1, `${seen.wide} x ${seen.tall}`);
});

t.test('values stay in 0..1 and ink at the border is not lost', async (t) => {
  const image = normalizeDigit(drawing(60, () => true))!;
  t.ok(image.every((value) => value >= 0 && value <= 1.000001));
  t.ok(Math.abs(measure(image).mass - 400) < 0.01);
});
