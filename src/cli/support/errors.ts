import { CommanderError } from 'commander';

/** 0 done, 1 the work failed, 2 wrong usage; stopped by a signal: 128 + its number. */
export const EXIT = { done: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** The command line asks for something that no command offers; exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Ctrl-C or SIGTERM, with what to do to go on; exit code 130 or 143. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';

  constructor(
    message: string,
    readonly signal: 'SIGINT' | 'SIGTERM',
  ) {
    super(message);
  }
}

/** What a failed system call means to the one who gave the path. */
const SYSTEM: Record<string, string> = {
  ENOENT: 'expected a file or folder, got nothing there; check the path',
  EACCES: 'expected access, got permission denied; check the permissions',
  EPERM: 'expected access, got permission denied; check the permissions',
  EROFS: 'expected a writable file system, got a read-only one; choose another place',
  EISDIR: 'expected a file, got a folder; name the file',
  ENOTDIR: 'expected a folder on the way, got a file; check the path',
  ENOSPC: 'expected room on the disk, got none; free some or choose another place',
};

/** One line (or a few) for a person: what, expected, got, what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  return code && path && SYSTEM[code] ? `${path}: ${SYSTEM[code]}` : error.message;
}

/** From node's own `parseArgs`, which the demo uses. */
const isParseError = (error: unknown): boolean =>
  String((error as NodeJS.ErrnoException | undefined)?.code).startsWith('ERR_PARSE_ARGS');

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError || isParseError(error)) return EXIT.usage;
  return error instanceof InterruptedError ? EXIT[error.signal] : EXIT.failed;
}

/** Prints `error` on stderr (its stack where LOPPER_DEBUG is set) and returns the process' exit code. */
export function report(error: unknown): number {
  // Commander has printed its own errors, and help, by now.
  if (!(error instanceof CommanderError)) {
    const debug = process.env.LOPPER_DEBUG && error instanceof Error ? error.stack : undefined;
    process.stderr.write(`error: ${debug ?? explain(error)}\n`);
  }
  return exitCode(error);
}
