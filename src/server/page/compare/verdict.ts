/** The second card against the first, in three numbers. */
import { byId } from '../dom.js';
import { times } from '../units.js';
import { isSteady } from './distribution.js';
import type { Slot } from './slot.js';

function put(id: string, of: number | undefined, to: number | undefined): void {
  byId(id).textContent = of && to ? times(of, to) : '–';
}

const fetched = ({ transfer: { model, runtime } }: Slot): number => model + runtime;

export function showVerdict([of, to]: readonly Slot[]): void {
  byId('verdict').classList.toggle('alone', !to);
  if (!to) return;
  const [before, after] = [of.gathering.distribution, to.gathering.distribution];
  const unsteady = [before, after].some((distribution) => distribution && !isSteady(distribution));
  put('faster', unsteady ? undefined : before?.median, after?.median);
  byId('faster-what').textContent = unsteady ? 'device too busy to compare' : 'faster, one inference';
  put('smaller', of.facts.bytes, to.facts.bytes);
  const both = of.transfer.model && to.transfer.model;
  put('lighter', both ? fetched(of) : 0, fetched(to));
}
