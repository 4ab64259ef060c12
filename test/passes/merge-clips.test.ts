import t from 'tap';
import { mergeClips } from '../../src/passes/merge-clips.js';
import { untilStable } from '../../src/passes/rewrite.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const pass = untilStable(mergeClips);

function chain(steps: [op: 'min' | 'max' | 'clip' | 'relu' | 'relu6', ...bounds: number[]][]) {
  const builder = new GraphBuilder([16]);
  let last = 'input';
  steps.forEach(([op, ...bounds], i) => {
    const name = `n${i}`;
    if (op === 'clip') builder.add(op, { min: bounds[0], max: bounds[1] }, {}, { name, inputs: [last] });
    else if (op === 'relu' || op === 'relu6') builder.add(op, {}, {}, { name, inputs: [last] });
    else {
      builder.add('constant', {}, { value: [] }, { name: `c${i}`, inputs: [] });
      (builder.graph.weights.get(`c${i}/value`)!.data as Float32Array)[0] = bounds[0];
      builder.add(op, {}, {}, { name, inputs: i % 2 ? [`c${i}`, last] : [last, `c${i}`] });
    }
    last = name;
  });
  const { nodes } = keepsOutputs(pass, builder.graph, r, 0);
  return nodes
    .map(({ op, attributes }) => (op === 'clip' ? `clip ${attributes.min} ${attributes.max}` : op))
    .join(', ');
}

t.test('bounds of a number are clips; those at 0 and 6 have names', async (t) => {
  t.equal(chain([['max', 0]]), 'relu');
  t.equal(
    chain([
      ['max', 0],
      ['min', 6],
    ]),
    'relu6',
  );
  t.equal(
    chain([
      ['min', 6],
      ['max', 0],
    ]),
    'relu6',
  );
  t.equal(chain([['relu'], ['min', 6]]), 'relu6');
  t.equal(chain([['clip', 0, 6]]), 'relu6');
  t.equal(chain([['clip', 0, 3.4028234663852886e38]]), 'relu');
  t.equal(
    chain([
      ['clip', -1, 1],
      ['clip', -0.5, 2],
    ]),
    'clip -0.5 1',
  );
  t.equal(
    chain([
      ['max', -0.25],
      ['min', 0.5],
    ]),
    'clip -0.25 0.5',
  );
  t.equal(chain([['relu6'], ['clip', 0.5, 9]]), 'clip 0.5 6');
});

t.test('bounds that differ from element to element stay', async (t) => {
  const { graph } = new GraphBuilder([4])
    .add('constant', {}, { value: [4] }, { name: 'c', inputs: [] })
    .add('max', {}, {}, { inputs: ['input', 'c'] });
  t.equal(opsOf(keepsOutputs(pass, graph, r, 0)), 'constant max');
});
