import { cleanUp } from '../../passes/index.js';
import { copyGraph, elements, type Graph } from '../../graph/index.js';
import { networkMs, type LayerCosts } from '../cost.js';
import type { Reference } from './bound.js';
import { evolve, type Genes } from './evolution.js';
import { chooseFinal } from './finals.js';
import { hashOf, Journal } from './journal.js';
import type { TrialRunner } from './runner.js';
import { parseSearch, SearchError, type SearchDescription } from './schema.js';
import { scanSensitivity, searchAlong, spread, type LayerCurve } from './sensitivity.js';
import { Session, type Stage, type TrialRecord } from './session.js';
import { dimensionsOf, prunableLayers, type RecipeJson } from './space.js';
import { hasFailed } from './trial.js';

export interface SearchOptions {
  runner: TrialRunner;
  /** What model and data are, so that a journal is not taken for another's. */
  identity: string;
  /** For bounds of latency. */
  costs?: () => Promise<LayerCosts>;
  /** Where results are kept, one a line; with `resume` those that are there are not found again. */
  journal?: { path: string; resume?: boolean };
  signal?: AbortSignal;
  /** `done` counts shares of what is being trained. */
  onTrial?(stage: Stage, done: number, known: number): void;
}

/** What a search found. */
export interface SearchReport {
  name?: string;
  /** Of the dense original, on the validation samples. */
  reference: Reference;
  /** What a trial must reach; absent where the bound is of the other. */
  least_accuracy?: number;
  most_cost?: number;
  /** What bytes or ms are in `most_cost` and the front's order. */
  cost: 'bytes' | 'latency';
  trials: (TrialRecord & { holds: boolean; front: boolean })[];
  /** What `lopper report` draws: all trainings, as trials.json has them. */
  points: { name: string; bytes: number; accuracy: number }[];
  /** Messages of recipes that failed. */
  failures: string[];
  /** Each layer by itself, where it was probed. */
  sensitivity?: LayerCurve[];
  chosen: TrialRecord;
  /** Whether the chosen one holds the bound on the validation samples. */
  holds: boolean;
  /** What `compress` is given for a whole training. */
  recipe: RecipeJson;
}

/**
 * Finds the recipe that is best within a bound. Trials train and are measured on training samples only. The same description, model and
 * data give the same report, whatever runs the trials and however often the search was cut off and resumed.
 *
 * @param description JSON as `parseSearch` takes it
 * @throws SearchError, JournalError; RecipeError where no recipe of the space works
 */
export async function search(
  graph: Graph,
  description: unknown,
  options: SearchOptions,
): Promise<SearchReport> {
  const parsed = parseSearch(description);
  const dimensions = dimensionsOf(parsed.space, prunableLayers(cleanUp(copyGraph(graph))));
  const identity = hashOf([parsed, options.identity]);
  const journal = new Journal(options.journal?.path, identity, options.journal?.resume ?? false);
  const costs = await remembered(journal, 'costs', wantsLatency(parsed), options.costs);
  const reference = await remembered(journal, 'reference', true, () =>
    measure(graph, parsed, options, costs),
  );
  const { runner, signal, onTrial } = options;
  const session = new Session({
    search: parsed,
    dimensions,
    reference: reference!,
    costs,
    runner,
    journal,
    signal,
    onTrial,
  });
  const sensitivity = await explore(session);
  return reportOf(session, await chooseFinal(session), sensitivity);
}

function wantsLatency({ bound, minimize }: SearchDescription): boolean {
  return 'latency' in bound || minimize === 'latency';
}

/** Found once in a search's life. */
async function remembered<T>(
  journal: Journal,
  key: string,
  wanted: boolean,
  find: (() => Promise<T>) | undefined,
): Promise<T | undefined> {
  if (!wanted || !find) return undefined;
  if (!journal.has(key)) journal.add(key, await find());
  return journal.get<T>(key);
}

/** The dense original: the f32 file that a recipe without any compression gives. */
async function measure(
  graph: Graph,
  { seed, validation, recipe, trial }: SearchDescription,
  { runner, signal }: SearchOptions,
  costs: LayerCosts | undefined,
): Promise<Reference> {
  const { preprocessing } = recipe;
  const order = { recipe: { preprocessing }, seed, validation: validation.samples, samples: trial.samples };
  const outcome = await runner.run(order, { signal });
  if (hasFailed(outcome)) throw new SearchError(`search: the original cannot be measured: ${outcome.failed}`);
  const weights = [...graph.weights.values()];
  const bytes = 4 * weights.reduce((sum, { shape }) => sum + elements(shape), 0);
  return { bytes, accuracy: outcome.accuracy, latency: costs && denseMs(costs) };
}

/** Unpruned, and with the block that is fastest then. */
function denseMs(costs: LayerCosts): number {
  const layers = new Set(costs.layers.map(({ layer }) => layer));
  const forms = [...layers].map((layer) => {
    const own = costs.layers.filter((cost) => cost.layer === layer);
    const at = own.map(({ points }) => points[points.length - 1].ms);
    return { layer, block: own[at.indexOf(Math.min(...at))].block, density: 1 };
  });
  return networkMs(costs, forms);
}

async function explore(session: Session): Promise<LayerCurve[] | undefined> {
  const { strategy, trials } = session.search;
  if (strategy.type === 'sensitivity+dp') {
    const found = await scanSensitivity(session);
    await searchAlong(session, found, trials);
    return found.curves;
  }
  const scanned = strategy.start === 'sensitivity+dp' ? await scanSensitivity(session) : undefined;
  const start = scanned && evenly(scanned.front, strategy.population);
  const { population, tournament, mutation } = strategy;
  const sizes = session.dimensions.map(({ choices }) => choices.length);
  const { seed } = session.search;
  await evolve({ sizes, population, tournament, mutation, trials, seed, start }, async (genes) =>
    (await session.trials(genes)).map((record) => session.fitness(record)),
  );
  return scanned?.curves;
}

function evenly(front: readonly { cost: number; genes: Genes }[], count: number): Genes[] {
  const costs = front.map(({ cost }) => cost);
  return spread(costs, 0, costs.length - 1, count).map((at) => front[at].genes);
}

function reportOf(
  session: Session,
  chosen: TrialRecord,
  sensitivity: LayerCurve[] | undefined,
): SearchReport {
  const { goal, search, records } = session;
  const fronts = new Set([...session.front('trial'), ...session.front('final')]);
  const holds = (record: TrialRecord): boolean => goal.fitness(record.result).violation === 0;
  return {
    name: search.name,
    reference: session.reference,
    least_accuracy: goal.leastAccuracy,
    most_cost: goal.mostCost,
    cost: goal.usesLatency ? 'latency' : 'bytes',
    trials: records.map((record) => ({ ...record, holds: holds(record), front: fronts.has(record) })),
    points: records.map(({ stage, choices, result: { bytes, accuracy } }) => ({
      name: `${stage}: ${Object.entries(choices)
        .map((choice) => choice.join(' '))
        .join(', ')}`,
      bytes,
      accuracy,
    })),
    failures: session.failures,
    sensitivity,
    chosen,
    holds: holds(chosen),
    recipe: session.finalRecipe(session.recipe(chosen.genes)),
  };
}
