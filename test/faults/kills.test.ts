/** Killed and resumed: the same file to the byte, nothing half written, nothing left. `npm run test:faults` does more of it. */
import { join } from 'node:path';
import t from 'tap';
import { SEED } from '../helpers/random.js';
import { SLOW } from './places.js';
import { killCampaign } from './kills.js';
import { tinySubjects } from './subjects.js';

t.test(`five kills of a compression, seed ${SEED}`, async (t) => {
  const folder = t.testdir();
  const [oneThread] = tinySubjects(join(folder, 'subjects'));
  const summary = await killCampaign([oneThread], { kills: 5, seed: SEED, folder: join(folder, 'runs') });
  t.same(summary.faults, []);
  t.equal(summary.kills, 5);
  t.equal(summary.identical, summary.cases, JSON.stringify(summary));
});

t.test(`a kill of a search, seed ${SEED}`, SLOW, async (t) => {
  const folder = t.testdir();
  const search = tinySubjects(join(folder, 'subjects')).find(({ command }) => command === 'search')!;
  const summary = await killCampaign([search], { kills: 1, seed: SEED, folder: join(folder, 'runs') });
  t.same(summary.faults, []);
  t.equal(summary.identical, summary.cases, JSON.stringify(summary));
});
