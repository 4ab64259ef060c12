import { SingleBar } from 'cli-progress';

/** Work shorter than this shows no progress, in ms. */
const PATIENCE_MS = 1000;
/** Between two lines where stderr is no terminal, in ms. */
const LINE_EVERY_MS = 10_000;

/** How far a piece of long work is, on stderr: a bar on a terminal, now and then a line elsewhere. */
export interface Progress {
  update(done: number, total: number, detail?: string): void;
  /** Ends the bar; a later update begins a new one. */
  stop(): void;
}

function createBar(title: string): Progress {
  let bar: SingleBar | undefined;
  const start = (total: number): SingleBar => {
    const made = new SingleBar({
      format: `${title} {bar} {percentage}% {eta_formatted} left  {detail}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
      hideCursor: true,
      stream: process.stderr,
    });
    made.start(total, 0, { detail: '' });
    return made;
  };
  return {
    update: (done, total, detail = '') => {
      bar ??= start(total);
      bar.setTotal(total);
      bar.update(done, { detail });
    },
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}

function createLines(title: string): Progress {
  let last = Date.now();
  return {
    update: (done, total, detail = '') => {
      const now = Date.now();
      if (now - last < LINE_EVERY_MS) return;
      last = now;
      process.stderr.write(`${title}: ${Math.floor((100 * done) / total)} %${detail && `, ${detail}`}\n`);
    },
    stop: () => undefined,
  };
}

/** Progress of the work called `title`; nothing shows in its first second. */
export function createProgress(title: string): Progress {
  const shown = process.stderr.isTTY ? createBar(title) : createLines(title);
  const begin = Date.now();
  return {
    update: (done, total, detail) => {
      if (Date.now() - begin >= PATIENCE_MS) shown.update(done, total, detail);
    },
    stop: () => shown.stop(),
  };
}
