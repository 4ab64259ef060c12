import { compareFitness } from './bound.js';
import type { Session, TrialRecord } from './session.js';

/**
 * Trains the best of the trials wholly, in rounds, and returns what is best of them. With a bound of accuracy that is a search by
 * halves along the trials' front, as more bytes (or ms) hold a bound that fewer do not; else the best trials are taken in turn.
 */
export async function chooseFinal(session: Session): Promise<TrialRecord> {
  const { rounds, candidates } = session.search.final;
  const trials = session.records.filter(({ stage }) => stage === 'trial');
  if (rounds === 0) return bestOf(session, trials);
  if (session.goal.leastAccuracy !== undefined) await bisect(session, rounds, candidates);
  else
    await session.finals(
      ranked(session, trials)
        .slice(0, rounds * candidates)
        .map(({ genes }) => genes),
    );
  return bestOf(
    session,
    session.records.filter(({ stage }) => stage === 'final'),
  );
}

async function bisect(session: Session, rounds: number, candidates: number): Promise<void> {
  const front = session.front('trial');
  let [low, high] = [0, front.length - 1];
  for (let round = 0; round < rounds && low <= high; round++) {
    const places = between(low, high, candidates);
    const found = await session.finals(places.map((at) => front[at].genes));
    const holds = found.map((record) => session.fitness(record).violation === 0);
    const first = holds.indexOf(true);
    if (first !== 0) low = places[first < 0 ? places.length - 1 : first - 1] + 1;
    if (first >= 0) high = places[first] - 1;
  }
}

/** Up to `count` whole numbers that part `low..high` evenly. */
export function between(low: number, high: number, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) =>
    Math.round(low + ((high - low) * (i + 1)) / (count + 1)),
  );
  return [...new Set(all)];
}

const ranked = (session: Session, records: readonly TrialRecord[]): TrialRecord[] =>
  records.toSorted((a, b) => compareFitness(session.fitness(a), session.fitness(b)));

function bestOf(session: Session, records: readonly TrialRecord[]): TrialRecord {
  if (records.length === 0)
    throw new RangeError(`search: expected a training that works, got none: ${session.failures.at(-1)}`);
  return ranked(session, records)[0];
}
