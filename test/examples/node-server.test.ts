/** examples/node-server: really started, it reads digits and refuses what is none. */
import t from 'tap';
import { copyExample, goldenDigits, startServer } from './example.js';

t.test('a server in Node', async (t) => {
  const { url } = await startServer(t, copyExample(t, 'node-server', ['express']));
  const post = (
    body: Uint8Array<ArrayBuffer> | string,
    type = 'application/octet-stream',
  ): Promise<Response> => fetch(url, { method: 'POST', body, headers: { 'Content-Type': type } });

  t.test('golden digits', async (t) => {
    for (const { pixels, label, scores } of goldenDigits('lenet-5')) {
      const response = await post(Uint8Array.from(pixels));
      const answer = (await response.json()) as { digit: number; scores: number[] };
      t.equal(response.status, 200);
      t.equal(answer.digit, label);
      t.ok(scores.every((score, i) => Math.abs(score - answer.scores[i]) <= 8 * 2 ** -24));
    }
  });

  t.test('what is no digit', async (t) => {
    for (const [body, type, status, message] of [
      [new Uint8Array(783), undefined, 400, /expected 784 bytes, got 783/],
      [new Uint8Array(), undefined, 400, /expected 784 bytes, got 0/],
      [new Uint8Array(785), undefined, 413, /too large/],
      ['{}', 'application/json', 415, /expected application\/octet-stream/],
    ] as const) {
      const response = await post(body, type);
      t.equal(response.status, status);
      t.match(((await response.json()) as { error: string }).error, message);
    }
    t.equal((await fetch(url)).status, 404);
    t.equal((await post(new Uint8Array(784))).status, 200, 'and it goes on');
  });
});
