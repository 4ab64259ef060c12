import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createCommand, wholeNumber } from './support/options.js';
import { note, print, printJson } from './support/output.js';

interface Options {
  port: number;
  models: string;
  host: string;
  json?: boolean;
}

/** The models that the package ships. */
export const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}

/** Serves the page until Ctrl-C. */
export async function serve({ port, models, host, json }: Options): Promise<void> {
  const folder = resolve(models);
  if (!existsSync(folder))
    throw new Error(`${models}: expected a folder of models, got nothing there; check --models`);
  const [{ createApp }, { listen }] = await Promise.all([
    import('../server/app.js'),
    import('../server/listen.js'),
  ]);
  const server = await listen(createApp({ models: folder }), { port, host });
  if (json) printJson({ url: server.url });
  else print(`${server.url}  (Ctrl-C stops)`);
  await interrupted();
  note('stopping');
  await server.close();
}

export function serveCommand(): Command {
  return createCommand('serve', 'the page: draw a digit, see dense against pruned', [
    'lopper serve --port 8080',
  ])
    .option('--port <n>', 'port, 0 for a free one', wholeNumber(0), 3000)
    .option('--host <name>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--models <folder>', 'folder of models', MODELS)
    .action(serve);
}
