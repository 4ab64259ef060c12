import { networkMs, type LayerCosts } from '../cost.js';
import { withBudget } from './budget.js';
import { Goal, type Fitness, type Reference } from './bound.js';
import type { Genes } from './evolution.js';
import { hashOf, type Journal } from './journal.js';
import { paretoFront } from './pareto.js';
import type { TrialRunner } from './runner.js';
import { SearchError, type SearchDescription } from './schema.js';
import { describeGenes, recipeOf, type Dimension, type RecipeJson } from './space.js';
import { hasFailed, type TrialOrder, type TrialOutcome, type TrialResult } from './trial.js';

/** `probe`: one layer by itself, untrained; `trial`: a short training; `final`: a whole one. */
export type Stage = 'probe' | 'trial' | 'final';

/** One trial of a search. */
export interface TrialRecord {
  stage: Stage;
  /** Empty for probes. */
  genes: Genes;
  /** What was chosen, by name. */
  choices: Record<string, unknown>;
  result: TrialResult;
}

export interface SessionOptions {
  search: SearchDescription;
  dimensions: readonly Dimension[];
  reference: Reference;
  costs?: LayerCosts;
  runner: TrialRunner;
  journal: Journal;
  signal?: AbortSignal;
  /** How many trials are done, of those known so far; `done` counts shares of what is being trained. */
  onTrial?(stage: Stage, done: number, known: number): void;
}

/** What the strategies share: they ask for results, which are looked up in the journal or found by the runner. */
export class Session {
  readonly search: SearchDescription;
  readonly dimensions: readonly Dimension[];
  readonly goal: Goal;
  readonly reference: Reference;
  readonly costs?: LayerCosts;
  /** In the order asked for, each once. */
  readonly records: TrialRecord[] = [];
  /** What recipes failed with. */
  readonly failures: string[] = [];
  readonly #options: SessionOptions;
  readonly #known: Record<Stage, number> = { probe: 0, trial: 0, final: 0 };
  readonly #done: Record<Stage, number> = { probe: 0, trial: 0, final: 0 };

  constructor(options: SessionOptions) {
    const { search, dimensions, reference, costs } = options;
    this.#options = options;
    this.search = search;
    this.dimensions = dimensions;
    this.reference = reference;
    this.costs = costs;
    this.goal = new Goal(search.bound, search.minimize, reference);
  }

  /** Results of short trainings, in the order of `genes`; undefined where a recipe failed. */
  trials(genes: readonly Genes[]): Promise<(TrialRecord | undefined)[]> {
    return this.#evaluate('trial', genes, (recipe) => withBudget(recipe, this.search.trial));
  }

  /** Results of whole trainings. */
  finals(genes: readonly Genes[]): Promise<(TrialRecord | undefined)[]> {
    return this.#evaluate('final', genes, (recipe) => this.finalRecipe(recipe));
  }

  finalRecipe(recipe: RecipeJson): RecipeJson {
    return withBudget(recipe, this.search.final);
  }

  /** Results of recipes as they are, one layer each. */
  probes(recipes: readonly RecipeJson[]): Promise<(TrialResult | undefined)[]> {
    return this.#all('probe', recipes);
  }

  recipe(genes: Genes): RecipeJson {
    return recipeOf(this.search.recipe, this.dimensions, genes);
  }

  /** Of a trial; the worst where it failed. */
  fitness(record: TrialRecord | undefined): Fitness {
    if (!record) return { violation: Infinity, objective: Infinity };
    return this.goal.fitness(record.result, record.stage === 'trial' ? this.search.trial.slack / 100 : 0);
  }

  /** The undominated trainings of a stage, by ascending bytes (or ms). */
  front(stage: Stage): TrialRecord[] {
    const own = this.records.filter((record) => record.stage === stage);
    return paretoFront(own, ({ result }) => [this.goal.costOf(result), -result.accuracy]);
  }

  async #evaluate(
    stage: Stage,
    genes: readonly Genes[],
    change: (recipe: RecipeJson) => RecipeJson,
  ): Promise<(TrialRecord | undefined)[]> {
    const results = await this.#all(
      stage,
      genes.map((each) => change(this.recipe(each))),
    );
    return genes.map((each, i) => {
      const result = results[i];
      if (!result) return undefined;
      const record = { stage, genes: each, choices: describeGenes(this.dimensions, each), result };
      this.records.push(record);
      return record;
    });
  }

  async #all(stage: Stage, recipes: readonly RecipeJson[]): Promise<(TrialResult | undefined)[]> {
    this.#known[stage] += recipes.length;
    const outcomes = await Promise.all(recipes.map((recipe) => this.#outcome(stage, recipe)));
    const results = outcomes.map((outcome) => this.#resultOf(outcome));
    if (results.length > 0 && this.records.length === 0 && results.every((result) => !result))
      throw new SearchError(
        `search: expected a recipe that works, got none; the first said: ${this.failures[0]}`,
      );
    return results;
  }

  async #outcome(stage: Stage, recipe: RecipeJson): Promise<TrialOutcome> {
    const { journal, runner, signal, onTrial } = this.#options;
    const { seed, validation, trial } = this.search;
    const samples = stage === 'final' ? undefined : trial.samples;
    const order: TrialOrder = { recipe, seed, validation: validation.samples, samples };
    const key = hashOf(order);
    signal?.throwIfAborted();
    let told = 0;
    const onShare = (share: number): void => {
      this.#done[stage] += share - told;
      told = share;
      onTrial?.(stage, this.#done[stage], this.#known[stage]);
    };
    if (!journal.has(key)) journal.add(key, await runner.run(order, { signal, onShare }));
    onShare(1);
    return journal.get<TrialOutcome>(key)!;
  }

  #resultOf(outcome: TrialOutcome): TrialResult | undefined {
    if (hasFailed(outcome)) {
      this.failures.push(outcome.failed);
      return undefined;
    }
    const { costs } = this;
    return costs ? { ...outcome, latency: networkMs(costs, outcome.forms) } : outcome;
  }
}
