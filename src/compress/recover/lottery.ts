import { readBack, type Gradients, type Parameter, type Trainer, type Trainings } from '../../train/index.js';
import {
  lotterySparsity,
  lotteryTrainings,
  stepsOf,
  trainingAt,
  trainsDense,
  type Lottery,
  type Training,
} from './lottery-plan.js';
import { setMasks, targetParameters, type Pruning, type PruningContext } from './pruning.js';

/** Values of all parameters by name, in tfjs' layout. */
type Snapshot = Map<string, Float32Array>;

/**
 * Trains, prunes, goes back, several times (`Lottery`). The weights given to the stage, or fresh ones where the recipe says `initialize`, are
 * the initial ones: with given ones the ticket is one of a trained network (Chen et al. 2020).
 */
export class LotteryPruning implements Pruning {
  readonly #context: PruningContext;
  readonly #parameters: Parameter[];
  readonly #lottery: Lottery;
  readonly #plan: Training[];
  readonly #initial: Snapshot;
  #early?: Snapshot;
  #time = 0;

  constructor(context: PruningContext, lottery: Lottery) {
    this.#context = context;
    this.#lottery = lottery;
    this.#parameters = targetParameters(context);
    const dense = trainsDense(lottery, context.recover?.initialize ?? false);
    this.#plan = lotteryTrainings(lottery, context.length, dense);
    this.#initial = snapshot(context.trainer);
  }

  get trainings(): Trainings {
    const rateStep = (step: number): number => {
      const { start, from } = trainingAt(this.#plan, step);
      return from + step - start;
    };
    return { steps: stepsOf(this.#plan), rateStep };
  }

  get progress(): number {
    return this.#partsAt(this.#time)[0];
  }

  async beforeStep(step: number): Promise<void> {
    const { rewind, epoch } = this.#lottery;
    const { trainer, length } = this.#context;
    const training = trainingAt(this.#plan, step);
    if (training.round > 0 && step === training.start) await this.#nextRound(training);
    else if (rewind === 'early' && step === Math.round(epoch * length.stepsPerEpoch) && training.round === 0)
      this.#early = snapshot(trainer);
  }

  apply(gradients: Gradients, learningRate: number): void {
    this.#context.trainer.apply(gradients, learningRate);
  }

  /** The last training was of the ticket: nothing is left to prune. */
  async finish(): Promise<void> {}

  state(): unknown {
    return this.#early;
  }

  restore(state: unknown, step: number): void {
    this.#early = state as Snapshot | undefined;
    this.#time = step === 0 ? 0 : trainingAt(this.#plan, step - 1).time;
  }

  async #nextRound({ time }: Training): Promise<void> {
    const { graph, trainer, pruner } = this.#context;
    const masks = await pruner.masks(readBack(graph, trainer.parameters), this.#partsAt(time));
    if (this.#lottery.rewind === 'initial') putBack(trainer, this.#initial);
    if (this.#lottery.rewind === 'early') putBack(trainer, this.#early!);
    setMasks(this.#parameters, masks);
    trainer.forget();
    this.#time = time;
  }

  #partsAt(time: number): number[] {
    return this.#context.pruner.targets.map(({ sparsity }) => lotterySparsity(sparsity, time) / sparsity);
  }
}

function snapshot({ parameters }: Trainer): Snapshot {
  return new Map([...parameters.values()].map(({ name, values }) => [name, values.slice()]));
}

function putBack({ parameters }: Trainer, values: Snapshot): void {
  for (const parameter of parameters.values()) parameter.values.set(values.get(parameter.name)!);
}
