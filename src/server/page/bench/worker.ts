/** Entry of the page's worker: models run here, so that the page never waits for one. */
import type { Reply, Request } from './protocol.js';
import { handlers } from './session.js';

const reply = (message: Reply): void => postMessage(message);

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  const { id, call } = data;
  const handle = handlers[call] as (input: unknown, report: unknown) => unknown;
  try {
    const out = await handle(data.in, (samples: never) => reply({ id, samples }));
    reply({ id, out });
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
