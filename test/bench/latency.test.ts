import t from 'tap';
import { measureLatency, quantile } from '../../src/bench/latency.js';

t.test('quantile is linear between neighbours, as numpy', async (t) => {
  t.equal(quantile([3, 1, 2], 0.5), 2);
  t.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
  t.equal(quantile([10, 20], 0.95), 19.5);
  t.equal(quantile([7], 0.95), 7);
  t.throws(() => quantile([], 0.5), { name: 'RangeError', message: /at least 1 sample, got 0/ });
  t.throws(() => quantile([1], 1.5), { name: 'RangeError', message: /\[0, 1\], got 1.5/ });
});

/** A clock that moves only when a contestant runs. */
function clockwork() {
  let ms = 0;
  const order: string[] = [];
  const contestant = (name: string, cost: number) => ({
    name,
    run: () => {
      ms += cost;
      order.push(name);
    },
  });
  return { now: () => ms, order, contestant };
}

t.test('contestants take turns and each figure is its own', async (t) => {
  const { now, order, contestant } = clockwork();
  const options = { runs: 5, warmupMs: 1, sampleMs: 4, now };
  const [fast, slow] = await measureLatency([contestant('fast', 0.25), contestant('slow', 8)], options);
  t.match(fast, { medianMs: 0.25, minMs: 0.25, p95Ms: 0.25, runs: 5, repetitions: 16 });
  t.match(slow, { medianMs: 8, repetitions: 1, runs: 5 });
  const measured = order.slice(-5 * 17);
  const round = [...Array<string>(16).fill('fast'), 'slow'];
  t.same(measured, Array.from({ length: 5 }, () => round).flat(), 'A ... A B, five times');
});

t.test('asynchronous contestants are awaited', async (t) => {
  let running = 0;
  let overlapped = false;
  const run = async () => {
    overlapped ||= running > 0;
    running++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
  };
  const [latency] = await measureLatency([{ name: 'async', run }], { runs: 3, warmupMs: 2, sampleMs: 1 });
  t.notOk(overlapped);
  t.ok(latency.medianMs >= 0.9, `${latency.medianMs}`);
});

t.test('bad options and aborting', async (t) => {
  const one = [{ name: 'one', run: () => undefined }];
  for (const runs of [0, 1.5, NaN])
    await t.rejects(measureLatency(one, { runs }), {
      name: 'RangeError',
      message: `runs: expected a whole number of at least 1, got ${runs}`,
    });
  const signal = AbortSignal.abort(new Error('enough'));
  await t.rejects(measureLatency(one, { signal, warmupMs: 1 }), { message: 'enough' });
});

async function rounds(runs: number, budgetMs: number): Promise<number> {
  const { now, contestant } = clockwork();
  const [latency] = await measureLatency([contestant('slow', 10)], { runs, budgetMs, warmupMs: 1, now });
  return latency.runs;
}

t.test('a budget takes samples away, but never below nine', async (t) => {
  t.equal(await rounds(50, 200), 20);
  t.equal(await rounds(50, 10), 9);
  t.equal(await rounds(5, 10), 5);
  t.equal(await rounds(50, Infinity), 50);
});

t.test('each sample may begin with inferences that are not timed', async (t) => {
  const { now, order, contestant } = clockwork();
  const entered: string[] = [];
  const [a, b] = ['a', 'b'].map((name) =>
    Object.assign(contestant(name, 8), { enter: () => void entered.push(name) }),
  );
  const [latency] = await measureLatency([a, b], { runs: 2, settle: 2, warmupMs: 1, sampleMs: 1, now });
  t.equal(latency.medianMs, 8);
  t.same(order.slice(-12).join(''), 'aaabbbaaabbb');
  t.same(entered.join(''), 'ababab', 'once to warm up, then before each sample');
});
