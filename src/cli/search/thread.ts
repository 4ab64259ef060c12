/** A thread that carries trials out, one after the other: hears orders, answers with shares and outcomes. */
import { parentPort, workerData } from 'node:worker_threads';
import type { TrialOrder, TrialOutcome } from '../../compress/search/index.js';
import { openSite, type SiteOptions } from './site.js';

export interface ThreadOrder {
  id: number;
  order: TrialOrder;
}

export type ThreadAnswer = { id: number } & (
  { share: number } | { outcome: TrialOutcome } | { error: unknown }
);

/** Least time between two shares, in ms: a step takes milliseconds. */
const SHARE_EVERY_MS = 200;

const bench = openSite(workerData as SiteOptions).then((site) => site.bench());
bench.catch(() => undefined); // told with the first order

const answer = (message: ThreadAnswer): void => parentPort!.postMessage(message);

parentPort!.on('message', ({ id, order }: ThreadOrder) => {
  let told = 0;
  const onShare = (share: number): void => {
    if (Date.now() - told < SHARE_EVERY_MS) return;
    told = Date.now();
    answer({ id, share });
  };
  bench
    .then((opened) => opened.run(order, { onShare }))
    .then(
      (outcome) => answer({ id, outcome }),
      (error: unknown) => answer({ id, error }),
    );
});
