import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import { limitOptions, limitsOf } from './server/limits.js';
import { createCommand, wholeNumber } from './support/options.js';
import { note, print, printJson } from './support/output.js';

interface Options {
  port: number;
  models: string;
  host: string;
  data?: string;
  proxies?: number;
  logLevel?: string;
  json?: boolean;
}

/** The models that the package ships. */
export const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
/** Jobs and measurements. */
export const SERVER_DATA = join(homedir(), '.lopper', 'server');

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}

/** Serves the page and the API until Ctrl-C. */
export async function serve(options: Options): Promise<void> {
  const { models, data = SERVER_DATA, json, ...rest } = options;
  const folder = resolve(models);
  if (!existsSync(folder))
    throw new Error(`${models}: expected a folder of models, got nothing there; check --models`);
  const { openServer } = await import('./server/open.js');
  const limits = limitsOf({ ...rest });
  const server = await openServer({ ...rest, models: folder, data: resolve(data), limits });
  if (json) printJson({ url: server.url });
  else print(`${server.url}  (Ctrl-C stops)`);
  await interrupted();
  note('stopping');
  await server.close();
}

export function serveCommand(): Command {
  const command = createCommand(
    'serve',
    'the page and its API: see dense against pruned, compress, measure',
    ['lopper serve --port 8080', 'lopper serve --host 0.0.0.0 --data /var/lib/lopper --max-jobs 2'],
  )
    .addOption(
      new Option('--port <n>', 'port, 0 for a free one').env('PORT').default(3000).argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--host <name>', 'address to listen on; 0.0.0.0 for all').env('HOST').default('127.0.0.1'),
    )
    .addOption(
      new Option('--models <folder>', 'folder of models').env('LOPPER_SERVER_MODELS').default(MODELS),
    )
    .addOption(
      new Option('--data <folder>', 'where jobs and measurements are kept')
        .env('LOPPER_SERVER_DATA')
        .default(SERVER_DATA),
    )
    .addOption(
      new Option('--proxies <n>', 'proxies in front that may say who the client is')
        .env('LOPPER_PROXIES')
        .default(0)
        .argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--log-level <level>', 'what is logged on stderr, as JSON lines')
        .env('LOPPER_LOG_LEVEL')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('warn'),
    );
  for (const option of limitOptions()) command.addOption(option);
  return command.action(serve);
}
