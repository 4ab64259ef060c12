/** One contender's answer and figures. */
import type { Transfer } from '../bench/transfer.js';
import { fromTemplate } from '../dom.js';
import { bytes, count, milliseconds, percent } from '../units.js';
import { columns, createBars, setHeights } from './bars.js';
import { BINS, type Distribution } from './distribution.js';
import { best, labelOf, probabilities } from './scores.js';

export interface Card {
  section: HTMLElement;
  version: HTMLSelectElement;
  runtime: HTMLSelectElement;
  remove: HTMLButtonElement;
  showScores(scores: ArrayLike<number>, labels: readonly string[] | null): string;
  showLatency(distribution: Distribution | undefined): void;
  showTransfer(transfer: Transfer): void;
  /** What the network and its file are known for. */
  showFacts(facts: { bytes: number; accuracy: number | null }): void;
  showMemory(bytes: number | null): void;
  showNote(note: string): void;
  showProblem(message: string): void;
  /** No answer, no latency; `prompt` says what is waited for. */
  clear(prompt: string, classes: number): void;
}

/** A card from the page's template; the caller puts its section where it belongs. */
export function createCard(title: string): Card {
  const section = fromTemplate('card').firstElementChild as HTMLElement;
  const field = <E extends HTMLElement = HTMLElement>(name: string): E =>
    section.querySelector<E>(`[data-field="${name}"]`)!;
  const put = (name: string, text: string, value?: number): void => {
    field(name).textContent = text;
    if (value === undefined) delete field(name).dataset['value'];
    else field(name).dataset['value'] = String(value);
  };
  section.ariaLabel = title;
  const bars = createBars(field('bars'));
  const bins = columns(field('histogram'), BINS);
  const showProblem = (message: string): void => {
    field('problem').textContent = message;
    field('problem').hidden = message === '';
  };
  const showLatency = (of: Distribution | undefined): void => {
    put('latency', of ? milliseconds(of.median) : '–', of?.median);
    put('range', of ? `${milliseconds(of.low)} – ${milliseconds(of.high)}` : '\u00a0');
    put('runs', of ? `${count(of.inferences)} runs` : '', of?.inferences);
    const most = of ? Math.max(...of.counts) : 1;
    setHeights(bins, of ? of.counts.map((value) => value / most) : []);
    field('histogram').ariaLabel = of
      ? `Latency of ${of.inferences} runs: from ${milliseconds(of.low)} to ${milliseconds(of.high)} for nine of ten`
      : 'Latency: not measured yet';
  };
  return {
    section,
    version: field<HTMLSelectElement>('version'),
    runtime: field<HTMLSelectElement>('engine'),
    remove: field<HTMLButtonElement>('remove'),
    showScores: (scores, labels) => {
      const chances = probabilities(scores);
      const top = best(chances);
      put('digit', labelOf(labels, top), top);
      field('digit').classList.toggle('word', labelOf(labels, top).length > 3);
      put('sure', `${percent(chances[top], 1)} sure`, chances[top]);
      bars.show(chances, labels);
      showProblem('');
      return `${labelOf(labels, top)}, ${percent(chances[top], 0)}`;
    },
    showLatency,
    showTransfer: ({ runtime, model }) => {
      put('runtime', runtime ? bytes(runtime) : 'none', runtime);
      put('model', bytes(model), model);
    },
    showFacts: (facts) => {
      put('file', bytes(facts.bytes), facts.bytes);
      const { accuracy } = facts;
      put('accuracy', accuracy === null ? 'not stated' : percent(accuracy, 2), accuracy ?? undefined);
    },
    showMemory: (memory) => put('memory', memory === null ? 'not told' : bytes(memory), memory ?? undefined),
    showNote: (note) => put('note', note),
    showProblem,
    clear: (prompt, classes) => {
      put('digit', '–');
      put('sure', prompt);
      bars.clear(classes);
      showLatency(undefined);
      showProblem('');
    },
  };
}
