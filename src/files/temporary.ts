import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where the process `pid` writes what becomes `path`: in the same folder, so that a rename is all that is left to do. */
export function temporaryOf(path: string, pid = process.pid): string {
  return join(dirname(path), `.${basename(path)}.${pid}.tmp`);
}

/** Whether process `pid` is there, whoever owns it. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what processes that were killed have half written of `path`; what a living one writes stays. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const [before, after] = [`.${basename(path)}.`, '.tmp'];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const pid = name.slice(before.length, -after.length);
    const isLeft = /^\d+$/.test(pid) && !lives(Number(pid));
    // where it may not be removed it does no harm
    if (isLeft) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}
