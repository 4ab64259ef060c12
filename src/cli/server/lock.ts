import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lives, writeWhole } from '../../files/index.js';

/**
 * Two servers of one data folder would take each other's jobs for those of a dead one.
 * @returns what gives the folder free
 * @throws Error where a living process has it. (In a container every server is process 1: then the lock is an old one.)
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'server.pid');
  const pid = Number(await readFile(path, 'utf8').catch(() => 'none'));
  if (pid > 0 && pid !== process.pid && lives(pid))
    throw new Error(
      `${folder}: expected a data folder of our own, got one that process ${pid} serves; choose another with --data`,
    );
  await writeWhole(path, String(process.pid), 'choose another folder with --data');
  return () => rm(path, { force: true });
}
