import { add, memory, tensor1d } from '@tensorflow/tfjs-core';
import t from 'tap';
import { selectBackend, tidyValues } from '../../src/train/index.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('gives what was computed and keeps no tensor', async (t) => {
  const before = memory().numTensors;
  const values = tidyValues(() => [add(tensor1d([1, 2]), tensor1d([3, 4])).dataSync()]);
  t.same([...values[0]], [4, 6]);
  t.equal(memory().numTensors, before);
  t.throws(
    () =>
      tidyValues(() => {
        tensor1d([1]);
        throw new RangeError('stop');
      }),
    { message: 'stop' },
  );
  t.equal(memory().numTensors, before);
});
