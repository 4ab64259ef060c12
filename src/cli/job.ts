/**
 * The process of one job of `lopper serve`: `node job.js <folder>` follows the `order.json` there, tells its progress to the
 * server, and leaves `model.lop`, `report.html` and, last and whole, `result.json`.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeWhole } from '../files/index.js';
import { FILES, type JobFigures, type JobMessage, type JobOrder } from '../server/jobs/record.js';
import { compressJob, convertJob, type JobContext } from './server/job-work.js';
import { checkShards } from './server/shards.js';
import { explain } from './support/errors.js';

/** Between two messages, in ms. */
const EVERY_MS = 200;

const tell = (message: JobMessage): void => void process.send?.(message);

/** The first, each new phase's, and now and then one between. */
function reporter(): JobContext['onProgress'] {
  let last = 0;
  let phase: string | undefined;
  return (progress) => {
    if (progress.phase === phase && progress.done < progress.total && Date.now() - last < EVERY_MS) return;
    [last, phase] = [Date.now(), progress.phase];
    tell({ type: 'progress', ...progress });
  };
}

async function follow(folder: string): Promise<JobFigures> {
  const order = JSON.parse(await readFile(join(folder, FILES.order), 'utf8')) as JobOrder;
  const context: JobContext = {
    model: join(folder, order.model),
    recipe: order.recipe,
    out: join(folder, FILES.model),
    report: join(folder, FILES.report),
    onProgress: reporter(),
  };
  context.onProgress({ phase: 'import', done: 0, total: 1, message: `reading ${basename(order.model)}` });
  await checkShards(context.model);
  return order.dataset === null ? convertJob(context) : compressJob(context, folder, order.dataset);
}

/** No job has anything to fetch, whatever its upload says. */
globalThis.fetch = () => Promise.reject(new Error('network: expected none in a job, got a request'));
/** The server is gone: nobody wants the result. */
process.once('disconnect', () => process.exit(1));

const folder = process.argv[2];
try {
  const figures = await follow(folder);
  await writeWhole(join(folder, FILES.result), Buffer.from(JSON.stringify(figures)));
  process.exit(0);
} catch (error) {
  // where the server keeps its files is not the client's business, nor their choice
  const told = explain(error)
    .replaceAll(join(folder, FILES.uploads, '/'), '')
    .replaceAll(join(folder, '/'), '')
    .replace('; choose another place with -o', '');
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  if (!process.send) process.exit(1);
  process.send({ type: 'failed', error: told.slice(0, 10_000) } satisfies JobMessage, () => process.exit(1));
}
