import t from 'tap';
import { checkCases } from './check-cases.js';
import { EVERY, floats, from, one, type Case } from './cases.js';
import type { TestAttribute, TestTensor } from './encode.js';

const [T, I, H] = [5, 3, 4];
const GATES: Record<string, number> = { LSTM: 4, GRU: 3, RNN: 1 };

interface Settings {
  directions?: number;
  opsets?: readonly number[];
  initial?: boolean;
  attributes?: Record<string, TestAttribute>;
  bias?: boolean;
}

/** All outputs but the last cell state. */
function recurrent(op: string, settings: Settings = {}): Case {
  const { directions = 1, opsets, initial = false, attributes = {}, bias = true } = settings;
  const g = GATES[op];
  const constants: (TestTensor | null)[] = [
    floats([directions, g * H, I], 0.5),
    floats([directions, g * H, H], 0.5),
    bias ? floats([directions, 2 * g * H], 0.5) : null,
    null,
    initial ? floats([directions, 1, H]) : null,
    initial && op === 'LSTM' ? floats([directions, 1, H]) : null,
  ];
  while (constants.at(-1) === null) constants.pop();
  return one(op, [[T, 1, I]], {
    constants,
    opsets,
    attributes: { hidden_size: H, ...attributes },
    outputs: 2,
    label: `${initial ? 'with a first state' : ''} ${bias ? '' : 'without bias'}`,
  });
}

const cases: Case[] = Object.keys(GATES).flatMap((op) => [
  recurrent(op, { opsets: EVERY }),
  recurrent(op, { attributes: { direction: 'reverse' } }),
  recurrent(op, { attributes: { direction: 'bidirectional' }, directions: 2 }),
  recurrent(op, { initial: true, attributes: { direction: 'bidirectional' }, directions: 2 }),
  recurrent(op, { bias: false }),
]);

const settings: Case[] = [
  recurrent('GRU', { attributes: { linear_before_reset: 1 } }),
  recurrent('GRU', { attributes: { linear_before_reset: 1, direction: 'bidirectional' }, directions: 2 }),
  recurrent('LSTM', { attributes: { activations: ['HardSigmoid', 'Tanh', 'Tanh'] } }),
  recurrent('RNN', { attributes: { activations: ['Relu'] } }),
];

/** As PyTorch exports a batch-first bidirectional LSTM and a dense layer behind it. */
const fromPyTorch: Case = one('Transpose', [[1, T, I]], {
  attributes: { perm: [1, 0, 2] },
  after: [
    {
      op: 'LSTM',
      inputs: ['y', 'w', 'r', 'b'],
      outputs: ['states', 'last', 'cell'],
      attributes: { hidden_size: H, direction: 'bidirectional' },
    },
    { op: 'Transpose', inputs: ['states'], outputs: ['t'], attributes: { perm: [0, 2, 1, 3] } },
    { op: 'Reshape', inputs: ['t', 's'], outputs: ['u'] },
    { op: 'Transpose', inputs: ['u'], outputs: ['v'], attributes: { perm: [1, 0, 2] } },
    { op: 'MatMul', inputs: ['v', 'k'], outputs: ['z'] },
  ],
  more: {
    w: floats([2, 4 * H, I], 0.5),
    r: floats([2, 4 * H, H], 0.5),
    b: floats([2, 8 * H], 0.5),
    s: { dims: [3], data: BigInt64Array.of(0n, 0n, -1n) },
    k: floats([2 * H, 6]),
  },
  label: 'LSTM, MatMul',
  opsets: from(13),
});

t.test('LSTM, GRU, RNN', async (t) => checkCases(t, cases));
t.test('their settings', async (t) => checkCases(t, settings));
t.test('a batch-first LSTM from PyTorch', async (t) => checkCases(t, [fromPyTorch]));
