import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { interruptible, orAborted } from '../../../src/cli/support/interrupt.js';

t.test(
  'the first signal rejects all that waits, and says what to do; many may wait without a warning',
  async (t) => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    t.teardown(() => process.off('warning', warn));
    const rejected: unknown[] = [];
    const work = interruptible(
      () => 'go on with --resume',
      async (signal) => {
        const waiting = Array.from({ length: 30 }, () => orAborted(new Promise<never>(() => {}), signal));
        await Promise.allSettled(waiting).then((all) => all.forEach((each) => rejected.push(each)));
        signal.throwIfAborted();
      },
    );
    await setTimeout(1);
    process.emit('SIGINT', 'SIGINT');
    await t.rejects(work, { message: 'stopped; go on with --resume', signal: 'SIGINT' });
    t.equal(rejected.length, 30);
    t.same(warnings, []);
  },
);

t.test('what settles before is as it was, with a signal or without', async (t) => {
  const { signal } = new AbortController();
  t.equal(await orAborted(Promise.resolve(3), signal), 3);
  t.equal(await orAborted(Promise.resolve(4), undefined), 4);
  await t.rejects(orAborted(Promise.reject(new Error('no')), signal), /no/);
});
