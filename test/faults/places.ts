/** Places that are full or may not be written: small file systems in memory, where this process may mount them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Asked once: mounting takes root, and containers often forbid it. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  // in a name space of its own, so that nothing stays mounted
  return run('unshare', '--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt');
}

/** Options of a tap test that mounts. */
export const MOUNTS = { skip: canMount() ? false : 'mounting a file system is not allowed here' };

/** Options of a tap test that starts many processes. */
export const SLOW = { skip: process.env.FAULTS === 'all' ? false : 'npm run test:faults:all runs it' };
export const SLOW_MOUNTS = { skip: MOUNTS.skip || SLOW.skip };

/** A file system of its own, as long as the test runs. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** @param kilobytes multiples of 4 */
  static mount(t: Test, kilobytes: number): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'lopper-disk-'));
    if (!run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder))
      throw new Error(`mount: expected ${folder} to become a file system, got an error`);
    t.teardown(() => {
      run('umount', '--lazy', folder);
      rmdirSync(folder);
    });
    return new SmallDisk(folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** All names, but for what fills it. */
  names(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name !== 'filler')
      .sort();
  }

  /** Takes all the room that is left. */
  fill(): void {
    const block = Buffer.alloc(4096, 1);
    try {
      for (;;) writeFileSync(this.path('filler'), block, { flag: 'a' });
    } catch {
      // full
    }
  }

  /** Gives the room back. */
  empty(): void {
    rmSync(this.path('filler'), { force: true });
  }

  setReadOnly(isReadOnly: boolean): void {
    if (!run('mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.folder))
      throw new Error(`mount: expected ${this.folder} to be mounted again, got an error`);
  }
}

/** Resolves when `path` is there, or what `isSo` says of it. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('expected it within a minute');
}

export const untilThere = (path: string): Promise<void> => until(() => existsSync(path));
