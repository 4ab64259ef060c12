import type { Graph } from '../../graph/index.js';
import {
  mix,
  randomStream,
  readBack,
  setMask,
  setValues,
  type Gradients,
  type Parameter,
  type Parameters,
} from '../../train/index.js';
import { matches } from '../pattern.js';
import {
  blockScores,
  criteria,
  dropAndGrow,
  elementMask,
  forEachElement,
  pruneTime,
  regrowEnd,
  regrowFraction,
  removeDeadUnits,
  scheduleFor,
  sparsityAt,
  timeBefore,
  unitGrid,
  withBlock,
  type BlockGrid,
  type Criterion,
  type GradualOptions,
  type PruneSchedule,
  type Regrow,
} from '../prune/index.js';
import { inGraphLayout, setMasks, targetParameters, type Pruning, type PruningContext } from './pruning.js';

/** Accumulated `-w g` by weight name, in tfjs' layout (movement pruning, Sanh et al. 2020). */
type Movement = Map<string, Float32Array>;

/** Prunes each layer as its schedule says; with `regrow` weights move on at the same sparsity (RigL, SET). */
export class GradualPruning implements Pruning {
  readonly #context: PruningContext;
  readonly #parameters: Parameter[];
  /** Of each target. */
  readonly #schedules: PruneSchedule[];
  readonly #regrow?: Regrow;
  readonly #movement?: Movement;
  /** Part of its final sparsity that each target has. */
  #parts: number[];

  constructor(context: PruningContext, options: GradualOptions) {
    const { pruner, prune, recover } = context;
    const epochs = recover?.epochs ?? 0;
    const layers = Object.entries(options.layers ?? {});
    this.#context = context;
    this.#parameters = targetParameters(context);
    this.#schedules = pruner.targets.map(({ layer }) => {
      const own = layers.find(([pattern]) => matches(pattern, layer))?.[1];
      return scheduleFor(own ?? options, epochs);
    });
    if (options.regrow) this.#regrow = { ...options.regrow, end: regrowEnd(options.regrow, epochs) };
    const { needs = [] }: Criterion = criteria[prune.criterion];
    if (needs.includes('movement'))
      this.#movement = new Map(
        this.#parameters.map(({ name, values }) => [name, new Float32Array(values.length)]),
      );
    this.#parts = this.#parameters.map(() => 0);
  }

  get progress(): number {
    return Math.min(...this.#parts);
  }

  async beforeStep(step: number): Promise<void> {
    const times = this.#schedules.map((schedule) => pruneTime(schedule, step, this.#context.length));
    if (times.every((time) => time === undefined)) return;
    const parts = times.map((time, i) => (time === undefined ? this.#parts[i] : this.#partAt(i, time)));
    if (parts.some((part) => part > 0)) await this.#cut(parts);
  }

  apply(gradients: Gradients, learningRate: number): void {
    const { trainer, length } = this.#context;
    const fraction = this.#regrow && regrowFraction(this.#regrow, trainer.step, length);
    this.#parameters.forEach((parameter, target) => {
      const gradient = gradients.values[trainer.trainable.indexOf(parameter)];
      if (gradient === undefined) return;
      const movement = this.#movement?.get(parameter.name);
      if (movement) addMovement(movement, parameter.values, gradient);
      if (fraction !== undefined) this.#move(parameter, gradient, fraction, target);
    });
    trainer.apply(gradients, learningRate);
  }

  async finish(): Promise<void> {
    if (this.progress < 1) await this.#cut(this.#parts.map(() => 1));
  }

  state(): unknown {
    return this.#movement;
  }

  restore(state: unknown, step: number): void {
    for (const [name, values] of (state as Movement | undefined) ?? [])
      this.#movement?.get(name)?.set(values);
    this.#parts = this.#schedules.map((schedule, i) => {
      const time = timeBefore(schedule, step, this.#context.length);
      return time === undefined ? 0 : this.#partAt(i, time);
    });
  }

  #partAt(target: number, time: number): number {
    const { sparsity } = this.#context.pruner.targets[target];
    return sparsityAt(this.#schedules[target], sparsity, time) / sparsity;
  }

  async #cut(parts: number[]): Promise<void> {
    const { graph, trainer, pruner, prune } = this.#context;
    const now = readBack(graph, trainer.parameters);
    if (prune.removeDead) removeDeadUnits(now);
    const masks = await pruner.masks(now, parts, this.#movementInGraphLayout());
    if (prune.removeDead) takeValues(trainer.parameters, now);
    setMasks(this.#parameters, masks);
    this.#parts = parts;
  }

  /** Nothing where no step has been taken yet. */
  #movementInGraphLayout(): Movement | undefined {
    const movement = this.#movement;
    if (!movement || this.#context.trainer.step === 0) return undefined;
    return new Map(this.#parameters.map((p) => [p.name, inGraphLayout(p, movement.get(p.name)!)]));
  }

  /** Drops and grows units of one target. What grows begins at 0, with this step's gradient. */
  #move(parameter: Parameter, gradient: Float32Array, fraction: number, target: number): void {
    if (!parameter.mask) return;
    const shape = parameter.graphShape;
    const { prune, pruner } = this.#context;
    const grid = unitGrid(shape, withBlock(prune, pruner.targets[target].block));
    const keep = marksOf(inGraphLayout(parameter, parameter.mask), grid);
    const magnitude = blockScores(
      { shape, values: inGraphLayout(parameter, parameter.values) },
      grid,
      criteria.magnitude,
    );
    const growth =
      this.#regrow!.by === 'gradient'
        ? blockScores({ shape, values: inGraphLayout(parameter, gradient) }, grid, criteria.magnitude)
        : this.#chances(grid, target);
    setMask(parameter, elementMask(grid, dropAndGrow({ keep, magnitude, growth }, fraction)));
  }

  #chances(grid: BlockGrid, target: number): Float64Array {
    const { seed, step } = this.#context.trainer;
    return Float64Array.from({ length: grid.count }, randomStream(mix(seed, 5, step, target)));
  }
}

function takeValues(parameters: Parameters, graph: Graph): void {
  for (const parameter of parameters.values())
    setValues(parameter, graph.weights.get(parameter.name)!.data as Float32Array);
}

function addMovement(movement: Float32Array, weights: Float32Array, gradient: Float32Array): void {
  for (let i = 0; i < movement.length; i++) movement[i] -= weights[i] * gradient[i];
}

function marksOf(mask: Float32Array, grid: BlockGrid): Uint8Array {
  const keep = new Uint8Array(grid.count);
  forEachElement(grid, (element, unit) => (keep[unit] = mask[element]));
  return keep;
}
