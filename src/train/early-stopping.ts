import { Batcher } from './batches.js';
import { inferenceBatch } from './evaluate.js';
import type { Dataset, Preprocessing } from './data/dataset.js';
import type { Trainer, TrainerState } from './trainer.js';

export interface EarlyStoppingOptions {
  /** What is watched on the held-out samples: the training's loss, or the fraction of right answers. Default `loss`. */
  watch?: 'loss' | 'accuracy';
  /** Epochs without a better one after which training ends: 1, 2, ... */
  patience: number;
}

/** What a watch goes on from; structured data, for checkpoints. */
export interface WatchState {
  /** Absent before the first epoch. */
  best?: { value: number; epoch: number; parameters: TrainerState['parameters'] };
  /** Epochs since the best one. */
  waited: number;
}

/** Early stopping (Prechelt 1998): measures held-out samples after each epoch, keeps the best epoch's weights, says when to stop. */
export class Watch {
  #state: WatchState = { waited: 0 };
  readonly #options: EarlyStoppingOptions;
  readonly #batcher: Batcher;
  readonly #samples: Uint32Array;
  readonly #batch: number;

  /** @param samples that are held out: see `sampling` */
  constructor(
    data: Dataset,
    samples: Uint32Array,
    options: EarlyStoppingOptions & { preprocessing?: Preprocessing },
  ) {
    const { inputShape } = data;
    this.#options = options;
    this.#samples = samples;
    this.#batch = inferenceBatch(inputShape);
    const preprocessing = options.preprocessing ?? data.preprocessing;
    this.#batcher = new Batcher(data.train, { batch: this.#batch, preprocessing, inputShape });
  }

  /** True where training should end: no better epoch for `patience` epochs. */
  get isOver(): boolean {
    return this.#state.waited >= this.#options.patience;
  }

  /** Measures the trainer's weights. Returns what is watched. */
  async observe(trainer: Trainer, epoch: number): Promise<number> {
    const value = await this.#measure(trainer);
    const { best } = this.#state;
    const isBetter =
      best === undefined || (this.#options.watch === 'accuracy' ? value > best.value : value < best.value);
    if (isBetter) this.#state = { best: { value, epoch, parameters: snapshot(trainer) }, waited: 0 };
    else this.#state.waited++;
    return value;
  }

  /** Puts the best epoch's weights into the trainer; its steps stay counted. Returns that epoch. */
  takeBest(trainer: Trainer): number | undefined {
    const { best } = this.#state;
    if (best) trainer.restore({ ...trainer.state(), parameters: best.parameters });
    return best?.epoch;
  }

  state(): WatchState {
    return this.#state;
  }

  restore(state: WatchState): void {
    this.#state = state;
  }

  async #measure(trainer: Trainer): Promise<number> {
    let [loss, correct] = [0, 0];
    for (let from = 0; from * this.#batch < this.#samples.length; from++) {
      const batch = await this.#batcher.at(from, this.#samples);
      const score = trainer.evaluate(batch);
      loss += score.loss * batch.count;
      correct += score.correct;
    }
    return (this.#options.watch === 'accuracy' ? correct : loss) / this.#samples.length;
  }
}

function snapshot(trainer: Trainer): TrainerState['parameters'] {
  return trainer.state().parameters.map(({ name, values, slots, mask }) => {
    return { name, values: values.slice(), slots: slots.map((slot) => slot.slice()), mask: mask?.slice() };
  });
}
