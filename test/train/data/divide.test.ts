import t from 'tap';
import { emptySplit } from '../../../src/train/data/dataset.js';
import { alternate, type Dataset } from '../../../src/train/index.js';

const x = Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41);
const data: Dataset = {
  name: 'five',
  inputShape: [2],
  classes: 5,
  labels: [],
  train: emptySplit(),
  test: { x, y: Uint8Array.of(0, 1, 2, 3, 4), count: 5 },
  preprocessing: { scale: 1, offset: 0 },
};

const read = async (numbers: ArrayLike<number>): Promise<Uint8Array> =>
  Uint8Array.from(numbers, (number) => number);

t.test('even samples calibrate, odd ones test', async (t) => {
  const { train, test } = alternate(data);
  t.same(train, { x: Uint8Array.of(0, 1, 20, 21, 40, 41), y: Uint8Array.of(0, 2, 4), count: 3 });
  t.same(test, { x: Uint8Array.of(10, 11, 30, 31), y: Uint8Array.of(1, 3), count: 2 });
});

t.test('samples on disk are read by their own numbers', async (t) => {
  const { train, test } = alternate({ ...data, test: { x: { dtype: 'u8', read }, count: 5 } });
  const numbers = async ({ x }: typeof train): Promise<unknown> => ('read' in x ? x.read([1, 0]) : x);
  t.same(await numbers(train), [2, 0]);
  t.same(await numbers(test), [3, 1]);
  t.equal(test.y, undefined);
});
