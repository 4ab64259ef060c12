import t from 'tap';
import { dropAndGrow, regrowFraction } from '../../../src/compress/prune/regrow.js';
import { random, SEED } from '../../helpers/random.js';

const sum = (marks: Uint8Array): number => marks.reduce((a, b) => a + b, 0);
const length = { steps: 100, stepsPerEpoch: 10 };

t.test('the fraction falls by half a cosine, each `frequency` steps, and ends (Evci 2020, 3)', (t) => {
  const regrow = { by: 'gradient', fraction: 0.3, frequency: 20, end: 8 } as const;
  const fractions = [0, 10, 20, 40, 60, 80, 90].map((step) => regrowFraction(regrow, step, length));
  const half = (0.3 / 2) * (1 + Math.SQRT1_2);
  const expected = [undefined, undefined, half, 0.15, 0.3 - half, undefined, undefined];
  fractions.forEach((got, i) =>
    t.ok(got === expected[i] || Math.abs(got! - expected[i]!) < 1e-12, `${got}, expected ${expected[i]}`),
  );
  t.end();
});

t.test('least magnitudes go, greatest gradients come', (t) => {
  const keep = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
  const magnitude = Float64Array.of(5, 1, 2, 4, 0, 0, 0, 0);
  const growth = Float64Array.of(9, 0.5, 0.1, 9, 0.2, 0.9, 0.3, 0);
  t.same([...dropAndGrow({ keep, magnitude, growth }, 0.5)], [1, 1, 0, 1, 0, 1, 0, 0]);
  t.same([...dropAndGrow({ keep, magnitude, growth }, 0.2)], [...keep], 'less than one block');
  t.end();
});

t.test('a layer that is nearly full moves no more than fits', (t) => {
  const keep = Uint8Array.of(1, 1, 1, 0);
  const scores = Float64Array.of(3, 2, 1, 5);
  t.same([...dropAndGrow({ keep, magnitude: scores, growth: scores }, 1)], [1, 1, 0, 1]);
  t.end();
});

t.test(`as many blocks after as before, and the greatest stay (SEED=${SEED})`, (t) => {
  const { int, next } = random();
  for (let round = 0; round < 200; round++) {
    const blocks = int(1, 60);
    const draw = (): Float64Array => Float64Array.from({ length: blocks }, () => int(0, 9));
    const [magnitude, growth] = [draw(), draw()];
    const keep = Uint8Array.from({ length: blocks }, () => int(0, 1));
    const after = dropAndGrow({ keep, magnitude, growth }, next());
    if (sum(after) !== sum(keep)) t.fail(`round ${round}: ${sum(keep)} blocks became ${sum(after)}`);
    const gone = [...keep.keys()].filter((i) => keep[i] && !after[i]);
    const stayed = [...keep.keys()].filter((i) => keep[i] && after[i]);
    const come = [...keep.keys()].filter((i) => !keep[i] && after[i]);
    if (come.length < gone.length) t.fail(`round ${round}: ${gone.length} went, ${come.length} came`);
    const wrong = gone.filter((g) =>
      stayed.some((s) => magnitude[s] < magnitude[g] && growth[s] < growth[g]),
    );
    if (wrong.length > 0) t.fail(`round ${round}: ${wrong} went, though worse ones stayed`);
  }
  t.end();
});
