import t from 'tap';
import { Turns } from '../../src/server/http/turns.js';

t.test('first come first, four a round, and the loop goes round between', async (t) => {
  const turns = new Turns();
  const order: number[] = [];
  const rounds: number[] = [];
  let round = 0;
  const count = setInterval(() => undefined, 1000);
  const next = (): void => {
    round++;
    if (order.length < 3000) setImmediate(next);
  };
  setImmediate(next);
  const all = Array.from({ length: 3000 }, async (_, i) => {
    await turns.next();
    order.push(i);
    rounds.push(round);
  });
  await Promise.all(all);
  clearInterval(count);
  t.same(
    order,
    Array.from({ length: 3000 }, (_, i) => i),
  );
  const perRound = new Map<number, number>();
  for (const each of rounds) perRound.set(each, (perRound.get(each) ?? 0) + 1);
  t.equal(Math.max(...perRound.values()), 4);
  await turns.next();
  t.pass('and one that comes later has its turn too');
});
