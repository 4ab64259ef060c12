/** A card and what stands behind it: a network of the current model, in a runtime. */
import type { PageModel } from '../api.js';
import { call } from '../bench/client.js';
import type { Answered } from '../bench/protocol.js';
import type { Transfer } from '../bench/transfer.js';
import { explain } from '../dom.js';
import { DENSE, THREADS, type RuntimeId } from '../runtimes.js';
import { sourceOf, state } from '../state.js';
import { createCard, type Card } from './card.js';
import { fillRuntimes, fillVersions, runtimeFor, titleOf } from './choices.js';
import { Gathering } from './distribution.js';

/** Classes that are drawn before any answer. */
const CLASSES = 10;
let made = 0;

export class Slot {
  readonly card: Card;
  readonly gathering = new Gathering();
  readonly #id = ++made;
  /** Grows with every choice: what an older one brings is dropped. */
  #choice = 0;
  version = '';
  runtime: RuntimeId | undefined;
  /** Of the contender that is open. */
  key: string | undefined;
  transfer: Transfer = { runtime: 0, model: 0 };

  /** @param onChoose the visitor chose another network or runtime */
  constructor(onChoose: (slot: Slot) => void) {
    this.card = createCard(`Contender ${this.#id}`);
    this.card.version.addEventListener('change', () => {
      this.choose(this.card.version.value, this.runtime);
      onChoose(this);
    });
    this.card.runtime.addEventListener('change', () => {
      this.choose(this.version, this.card.runtime.value as RuntimeId);
      onChoose(this);
    });
  }

  get model(): PageModel {
    return state.model!;
  }

  get title(): string {
    return this.version ? titleOf(this.model, this.version) : '';
  }

  /** File size and accuracy, as the server knows them. */
  get facts(): { bytes: number; accuracy: number | null } {
    const { dense, versions } = this.model;
    if (this.version !== DENSE) return versions.find(({ id }) => id === this.version)!;
    const bytes = this.runtime === 'ort-web' && dense!.onnx ? dense!.onnx.bytes : dense!.bytes;
    return { bytes, accuracy: dense!.accuracy };
  }

  /** Sets what the card shows; `open` then loads it. A runtime that cannot run it gives way to one that can. */
  choose(version: string, runtime?: RuntimeId): void {
    this.close();
    this.version = version;
    this.runtime = runtimeFor(this.model, version, runtime);
    this.transfer = { runtime: 0, model: 0 };
    const { card } = this;
    fillVersions(card.version, this.model, version);
    fillRuntimes(card.runtime, this.model, version, this.runtime!);
    card.section.dataset['side'] = version === DENSE ? 'dense' : 'pruned';
    card.section.ariaLabel = `Contender ${this.#id}: ${this.title}`;
    card.clear('loading', this.model.labels?.length ?? CLASSES);
    card.showFacts(this.facts);
    card.showMemory(null);
    card.showNote('\u00a0');
    card.showTransfer(this.transfer);
  }

  close(): void {
    if (this.key) void call('close', { key: this.key });
    this.#choice++;
    this.key = undefined;
    this.gathering.clear();
  }

  /** Loads what was chosen, once; says on the card what went wrong. */
  async open(): Promise<void> {
    if (this.key !== undefined || !this.runtime) return;
    const choice = ++this.#choice;
    const key = `${this.#id}:${choice}`;
    const source = sourceOf(this.model, this.version, this.runtime);
    try {
      const opened = await call('open', { ...source, key, runtime: this.runtime, threads: this.#threads });
      if (choice !== this.#choice) return void call('close', { key });
      this.key = key;
      this.card.showNote(opened.note);
      const transfer = await call('transfer', { runtime: this.runtime, url: source.url });
      // bytes that the page fetched itself
      this.transfer = { ...transfer, model: transfer.model || (source.bytes?.length ?? 0) };
      if (choice === this.#choice) this.card.showTransfer(this.transfer);
    } catch (error) {
      if (choice === this.#choice) this.card.showProblem(explain(error));
    }
  }

  get #threads(): number {
    return this.runtime === 'lopper-threads' ? THREADS : 1;
  }

  /** Returns what it said, in words. */
  show(answer: Answered | { error: string }): string {
    if ('error' in answer) {
      this.card.showProblem(answer.error);
      return '';
    }
    this.card.showMemory(answer.memoryBytes);
    return `${this.title}: ${this.card.showScores(answer.scores, this.model.labels)}`;
  }
}
