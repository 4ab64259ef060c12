/** Random graphs against the plain reference, in all builds. */
import t from 'tap';
import { random, SEED } from '../helpers/random.js';
import { compareWithReference } from './compare.js';
import { growGraph } from './growth.js';

for (let i = 0; i < 60; i++) {
  t.test(`graph ${i}`, async (t) => {
    const r = random(SEED + i);
    const graph = growGraph(r);
    compareWithReference(t, graph.nodes.map(({ op }) => op).join(' '), graph, r);
  });
}
