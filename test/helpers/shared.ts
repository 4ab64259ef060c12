import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real data and models beside the checkout. */
export const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Options for a tap test that needs `../shared/<path>`: skipped, with a message, where it is absent. */
export function needsShared(path: string): { skip: string | false } {
  return { skip: existsSync(SHARED + path) ? false : `../shared/${path} is not here` };
}
