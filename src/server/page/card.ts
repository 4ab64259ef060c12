import type { Timing } from './timing.js';
import type { Transfer } from './transfer.js';
import { bytes, milliseconds, percent } from './units.js';

const BINS = 16;

/** One side's answer and figures. */
export interface Card {
  showScores(scores: ArrayLike<number>): void;
  showTiming(timing: Timing): void;
  showTransfer(transfer: Transfer): void;
  showAccuracy(accuracy: number | null): void;
  showProblem(message: string): void;
  /** Nothing drawn: no answer, no latency; the model's own figures stay. */
  clear(prompt: string): void;
}

/** Index of the largest score. */
export function best(scores: ArrayLike<number>): number {
  return Array.from(scores).reduce((top, score, i, all) => (score > all[top] ? i : top), 0);
}

function columns(parent: HTMLElement, count: number, label?: (i: number) => string): HTMLElement[] {
  return Array.from({ length: count }, (_, i) => {
    const column = document.createElement('div');
    const track = document.createElement('span');
    const fill = document.createElement('i');
    track.append(fill);
    column.append(track);
    if (label) column.append(Object.assign(document.createElement('b'), { textContent: label(i) }));
    parent.append(column);
    return fill;
  });
}

/** Counts of `samples` in equal bins from the fastest to the 95th percentile; slower ones fall into the last bin. */
function histogram(samples: readonly number[]): { counts: number[]; low: number; high: number } {
  const sorted = samples.toSorted((a, b) => a - b);
  const low = sorted[0];
  const high = sorted[Math.floor(0.95 * (sorted.length - 1))];
  const counts = Array.from({ length: BINS }, () => 0);
  for (const sample of sorted) {
    const bin = high > low ? Math.floor(((sample - low) / (high - low)) * BINS) : 0;
    counts[Math.min(bin, BINS - 1)]++;
  }
  return { counts, low, high };
}

function setHeights(fills: readonly HTMLElement[], fractions: ArrayLike<number>): void {
  fills.forEach((fill, i) => (fill.style.height = `${100 * fractions[i]}%`));
}

/** Fills `section` from the page's template and returns what writes into it. */
export function createCard(section: HTMLElement): Card {
  const template = document.querySelector<HTMLTemplateElement>('#answer')!;
  section.append(template.content.cloneNode(true));
  const field = (name: string): HTMLElement => section.querySelector(`[data-field="${name}"]`)!;
  const put = (name: string, text: string, value?: number): void => {
    field(name).textContent = text;
    if (value === undefined) delete field(name).dataset['value'];
    else field(name).dataset['value'] = String(value);
  };
  const bars = columns(field('bars'), 10, String);
  const bins = columns(field('histogram'), BINS);
  const problem = (message: string): void => {
    field('problem').textContent = message;
    field('problem').hidden = message === '';
  };
  return {
    showScores: (scores) => {
      const top = best(scores);
      put('digit', String(top), top);
      put('sure', `${percent(scores[top], 1)} sure`, scores[top]);
      setHeights(bars, scores);
      bars.forEach((fill, i) => fill.closest('div')!.classList.toggle('best', i === top));
      field('bars').ariaLabel =
        `Probabilities: ${Array.from(scores, (score, i) => `${i}: ${percent(score, 1)}`).join(', ')}`;
      problem('');
    },
    showTiming: ({ median, samples, inferences }) => {
      const { counts, low, high } = histogram(samples);
      put('latency', milliseconds(median), median);
      put('range', `${milliseconds(low)} – ${milliseconds(high)}`);
      put('runs', `${inferences.toLocaleString('en')} runs`);
      setHeights(
        bins,
        counts.map((count) => count / Math.max(...counts)),
      );
      field('histogram').ariaLabel =
        `Latency of ${inferences} runs, from ${milliseconds(low)} to ${milliseconds(high)}`;
    },
    showTransfer: ({ runtime, model }) => {
      put('runtime', bytes(runtime), runtime);
      put('model', bytes(model), model);
    },
    showAccuracy: (accuracy) =>
      put('accuracy', accuracy === null ? 'not stated' : percent(accuracy, 2), accuracy ?? undefined),
    showProblem: (message) => problem(message),
    clear: (prompt) => {
      put('digit', '–');
      put('sure', prompt);
      put('latency', '–');
      put('range', '\u00a0');
      put('runs', '');
      setHeights(bars, new Float32Array(10));
      setHeights(bins, new Float32Array(BINS));
      bars.forEach((fill) => fill.closest('div')!.classList.remove('best'));
      problem('');
    },
  };
}
