import t from 'tap';
import { importPeer, startOnce } from '../../src/bench/peers/peer.js';

t.test('a peer whose package is not installed is absent, with a reason and the cause', async (t) => {
  const name = 'a-package-that-nobody-publishes';
  const loading = importPeer('some-peer', () => import(name) as Promise<unknown>);
  await t.rejects(loading, {
    name: 'PeerAbsentError',
    message: /^some-peer: not installed here \(Cannot find package/,
  });
  t.equal(await importPeer('some-peer', async () => 7), 7);
});

t.test('a runtime starts once, and its memory is seen from then on', async (t) => {
  let starts = 0;
  let memory: WebAssembly.Memory | undefined;
  const start = startOnce(async () => {
    starts++;
    memory = new WebAssembly.Memory({ initial: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  const [first, second] = [await start(), await start()];
  t.equal(first, second);
  t.equal(starts, 1);
  t.ok(first.ms >= 4, `${first.ms} ms`);
  t.equal(first.memoryBytes(), 65536);
  memory!.grow(1);
  t.equal(first.memoryBytes(), 131072);
});
