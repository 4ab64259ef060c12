import t from 'tap';
import { watchMemories } from '../../src/bench/memory.js';

const PAGE = 65536;
/** (module (memory (export "memory") 2)) */
const EXPORTS_TWO_PAGES = Buffer.concat([
  Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
  Buffer.from([5, 3, 1, 0, 2]),
  Buffer.from([7, 10, 1, 6]),
  Buffer.from('memory'),
  Buffer.from([2, 0]),
]);

t.test('memories made, exported by an instance and grown are counted, until the watch stops', async (t) => {
  const before = { ...WebAssembly, Memory: WebAssembly.Memory, instantiate: WebAssembly.instantiate };
  const watch = watchMemories();
  t.equal(watch.bytes(), 0);
  const made = new WebAssembly.Memory({ initial: 1 });
  t.equal(watch.bytes(), PAGE);
  await WebAssembly.instantiate(EXPORTS_TWO_PAGES);
  t.equal(watch.bytes(), 3 * PAGE);
  const compiled = await WebAssembly.compile(EXPORTS_TWO_PAGES);
  await WebAssembly.instantiate(compiled);
  const { exports } = new WebAssembly.Instance(compiled);
  t.ok(exports.memory instanceof WebAssembly.Memory);
  t.equal(watch.bytes(), 7 * PAGE);
  t.ok(made instanceof WebAssembly.Memory, 'instanceof still holds');
  made.grow(4);
  watch.stop();
  const late = new WebAssembly.Memory({ initial: 1 });
  t.equal(late.buffer.byteLength, PAGE);
  t.equal(watch.bytes(), 11 * PAGE, 'growth counts, a memory made after the stop does not');
  t.equal(WebAssembly.Memory, before.Memory);
  t.equal(WebAssembly.instantiate, before.instantiate);
});
