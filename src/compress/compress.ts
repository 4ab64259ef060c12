import { writeLop } from '../format/index.js';
import { copyGraph, elements, type Graph } from '../graph/index.js';
import { checkGraph } from '../ops/check.js';
import { cleanUp } from '../passes/index.js';
import { layoutOf } from '../preprocess/index.js';
import { dataHash, ensureBackend, evaluate, predictClasses, takeFirst } from '../train/index.js';
import type { Dataset, Evaluation } from '../train/index.js';
import {
  Checkpoint,
  graphHash,
  removeCheckpoint,
  type Identity,
  type Progress,
  type StageCheckpoint,
} from './checkpoint.js';
import type { MeasureLayers } from './cost.js';
import { referenceEvaluator, type FileEvaluator } from './evaluator.js';
import { fileMetadata, type FileFacts } from './metadata.js';
import { shortenNames } from './names.js';
import type { CompressProgress, Phase } from './progress.js';
import { parseRecipe, recipeHash, type Recipe } from './recipe.js';
import { needsLabels, recipeSteps } from './recover/index.js';
import {
  baselineReport,
  fileReport,
  layerReports,
  totalSparsity,
  type CompressReport,
  type Measured,
} from './report.js';
import type { HistoryEntry, Stage, StageContext } from './stage.js';
import { STAGES } from './stages.js';
import { trimAttributes } from './trim.js';

/** What `compress` is given beside graph and recipe. */
export interface CompressOptions {
  /**
   * Trained, calibrated and measured on. Only training needs labels, and both splits: else one split serves for all, and where
   * nobody says the classes, how often the file says what `graph` says is measured.
   */
  data: Dataset;
  /** Told of every step: the caller decides how often to draw. */
  onProgress?(progress: CompressProgress): void;
  /** Cuts the work off between two steps; the promise rejects with its reason. */
  signal?: AbortSignal;
  /**
   * Where the training's state is kept after each epoch and when cut off; with `resume` it goes on from there. It goes at the end, unless
   * the caller will `keep` it until the file is safe, and then calls `removeCheckpoint`.
   */
  checkpoint?: { folder: string; resume?: boolean; keep?: boolean };
  /** Measures the file; default: the plain reference on 1,000 samples. */
  evaluateFile?: FileEvaluator;
  /** Times layers, for budgets of ms (`prune.scope` "latency"). */
  layerCosts?: MeasureLayers;
  /** Test samples for both accuracies; default all. */
  limit?: number;
  /** Test samples on which the graph is measured after each stage, for the report's history. Default 0: it is not. */
  measureStages?: number;
  /** False: the original's accuracy is not measured. */
  measureOriginal?: boolean;
  /** Threads that training may use; default 1. */
  workers?: number;
}

/** A compressed network. */
export interface Compressed {
  /** A whole `.lop` file. */
  bytes: Uint8Array;
  /** What was done, and what the file measures. */
  report: CompressReport;
}

/**
 * Compresses an f32 graph as a recipe says: measure, prune and recover, fold, quantize, write, measure. The same graph,
 * recipe, data and backend give the same bytes, cut off and resumed or not. `graph` stays as it is.
 *
 * @param recipe JSON as `parseRecipe` takes it
 * @throws RecipeError, CheckpointError; RangeError where graph, data and recipe do not fit each other
 */
export async function compress(graph: Graph, recipe: unknown, options: CompressOptions): Promise<Compressed> {
  const started = Date.now();
  const run = new Run(graph, parseRecipe(recipe), options);
  const compressed = await run.execute();
  compressed.report.seconds = (Date.now() - started) / 1000;
  return compressed;
}

/** One call of `compress`. */
class Run {
  readonly #graph: Graph;
  readonly #recipe: Recipe;
  readonly #options: CompressOptions;
  readonly #identity: Omit<Identity, 'data'>;
  #checkpoint?: Checkpoint;

  constructor(graph: Graph, recipe: Recipe, options: CompressOptions) {
    checkGraph(graph);
    checkCompressible(graph);
    const data = needsLabels(recipe) ? options.data : withBothSplits(options.data);
    checkData(graph, recipe, data);
    this.#graph = graph;
    this.#identity = { recipe: recipeHash(recipe), source: graphHash(graph) };
    this.#recipe = laidOut(recipe, graph, data);
    this.#options = { ...options, data };
  }

  async execute(): Promise<Compressed> {
    const { name: backend } = await ensureBackend();
    const { checkpoint, data } = this.#options;
    const identity = { ...this.#identity, data: await dataHash(data) };
    if (checkpoint) this.#checkpoint = new Checkpoint(checkpoint.folder, identity);
    const resumed = checkpoint?.resume ? await this.#checkpoint?.load() : undefined;
    const source = cleanUp(copyGraph(this.#graph));
    const progress: Progress = resumed ?? {
      baseline: await this.#measureSource(),
      history: [],
      stage: STAGES[0].name,
      work: { graph: source },
      step: 0,
    };
    const resumedAt = resumed?.step;
    await this.#runStages(source, progress);
    const compressed = await this.#export(progress, { identity, backend });
    compressed.report.resumed_at = resumedAt;
    if (checkpoint && !checkpoint.keep) await removeCheckpoint(checkpoint.folder);
    return compressed;
  }

  /** From where `progress` stands to the end; moves it on. */
  async #runStages(source: Graph, progress: Progress): Promise<void> {
    const from = STAGES.findIndex(({ name }) => name === progress.stage);
    for (const stage of STAGES.slice(from)) {
      if (!stage.applies(this.#recipe)) continue;
      if (progress.stage !== stage.name) Object.assign(progress, { stage: stage.name, state: undefined });
      progress.work = await stage.run(progress.work, this.#contextOf(source, progress));
      await this.#measureStage(stage, progress);
    }
  }

  #contextOf(source: Graph, progress: Progress): StageContext {
    const { data, workers = 1, layerCosts, onProgress, signal } = this.#options;
    const record = (entry: HistoryEntry): void => void progress.history.push(entry);
    const checkpoint: StageCheckpoint = {
      saved: progress.state,
      save: async (state, step) => this.#checkpoint?.save({ ...progress, state, step }),
    };
    const told = { record, onProgress, signal };
    return { recipe: this.#recipe, data, source, workers, checkpoint, layerCosts, ...told };
  }

  /** An f32 graph's accuracy after a stage, where the caller wants to know it. */
  async #measureStage({ name }: Stage, { work, history }: Progress): Promise<void> {
    const { data, measureStages: limit = 0 } = this.#options;
    if (limit === 0 || !data.test.y || !isFloat(work.graph)) return;
    const { accuracy } = await evaluate(work.graph, data, { ...this.#measuring('evaluate'), limit });
    history.push({ stage: name, sparsity: totalSparsity(layerReports(work.graph)), accuracy });
  }

  /** Writes; then measures the file and writes it again with what was measured. */
  async #export(
    { work: { graph: small, mixed }, baseline, history }: Progress,
    made: Pick<FileFacts, 'identity' | 'backend'>,
  ): Promise<Compressed> {
    const layers = layerReports(small);
    const names = small.nodes.map(({ name }) => name);
    trimAttributes(small);
    shortenNames(small, this.#recipe.storage.names === 'layers');
    const sparsity = totalSparsity(layers);
    const facts = { recipe: this.#recipe, data: this.#options.data, sparsity, ...made };
    small.metadata = fileMetadata(this.#graph.metadata, facts);
    const final = await this.#measureFile(this.#write(small));
    small.metadata = fileMetadata(this.#graph.metadata, { ...facts, accuracy: final.accuracy });
    const bytes = this.#write(small);
    return {
      bytes,
      report: {
        file_bytes: bytes.length,
        sparsity,
        baseline: baselineReport(this.#graph, baseline),
        final: { ...final, ...fileReport(bytes, layers, names) },
        seconds: 0,
        steps: this.#steps(),
        mixed,
        history,
      },
    };
  }

  #write(graph: Graph): Uint8Array {
    return writeLop(graph, { entropy: this.#recipe.storage.entropy });
  }

  async #measureSource(): Promise<Evaluation | undefined> {
    const { data, measureOriginal = true } = this.#options;
    if (!data.test.y || !measureOriginal) return undefined;
    return evaluate(this.#graph, data, this.#measuring('baseline'));
  }

  /** Where the test samples have no labels, what the source says stands in for them. */
  async #measureFile(bytes: Uint8Array): Promise<Measured> {
    const { data, limit, evaluateFile: measure = referenceEvaluator } = this.#options;
    if (data.test.y) return measure(bytes, data, this.#measuring('evaluate'));
    const y = await predictClasses(this.#graph, data, this.#measuring('baseline'));
    const test = { ...takeFirst(data.test, limit), y };
    const { accuracy, count } = await measure(bytes, { ...data, test }, this.#measuring('evaluate'));
    return { agreement: accuracy, count };
  }

  #measuring(phase: Phase): Parameters<FileEvaluator>[2] {
    const { limit, signal } = this.#options;
    const { preprocessing } = this.#recipe;
    return { limit, preprocessing, signal, onProgress: this.#reporter(phase) };
  }

  #reporter(phase: Phase): (done: number, total: number) => void {
    return (done, total) => this.#options.onProgress?.({ phase, done, total });
  }

  #steps(): number {
    return recipeSteps(this.#recipe, this.#options.data);
  }
}

/** Pruning, training and calibration are of f32 graphs with one input. */
function checkCompressible(graph: Graph): void {
  const int8 = graph.nodes.find(({ outputs }) => graph.tensors.get(outputs[0])!.dtype === 'i8');
  if (int8)
    throw new RangeError(
      `graph: expected f32, got int8 in '${int8.name}' (${int8.op}); import it with --quantized dequantize, or write its int8 as it is with lopper convert --quantized keep`,
    );
  if (graph.inputs.length === 1) return;
  throw new RangeError(
    `graph: expected one input, got ${graph.inputs.length} (${graph.inputs.join(', ')}); lopper convert writes it without data`,
  );
}

function isFloat(graph: Graph): boolean {
  return [...graph.tensors.values()].every(({ dtype }) => dtype === 'f32');
}

/** A set of one split serves for calibration and test alike. */
function withBothSplits(data: Dataset): Dataset {
  const { train, test } = data;
  if (train.count === 0) return { ...data, train: test };
  return test.count === 0 ? { ...data, test: train } : data;
}

/** Pictures are stored channels last: a network that takes them channels first is given them so. */
function laidOut(recipe: Recipe, graph: Graph, data: Dataset): Recipe {
  const { shape } = graph.tensors.get(graph.inputs[0])!;
  const preprocessing = recipe.preprocessing ?? data.preprocessing;
  const isOther = layoutOf(shape) === 'chw' && `${shape}` !== `${data.inputShape}`;
  if (preprocessing.layout !== undefined || !isOther) return recipe;
  return { ...recipe, preprocessing: { ...preprocessing, layout: 'chw' } };
}

function checkData(graph: Graph, recipe: Recipe, data: Dataset): void {
  const [name] = graph.inputs;
  const input = graph.tensors.get(name)!.shape;
  if (elements(input) !== elements(data.inputShape))
    throw new RangeError(
      `data: expected samples of ${elements(input)} values, as the input '${name}' [${input}] takes, got ` +
        `${elements(data.inputShape)} [${data.inputShape}] of ${data.name}`,
    );
  const output = graph.tensors.get(graph.outputs[0])!.shape;
  if (elements(output) < data.classes)
    throw new RangeError(
      `data: expected at most ${elements(output)} classes, got ${data.classes} of ${data.name}`,
    );
  for (const split of ['train', 'test'] as const)
    if (data[split].count === 0)
      throw new RangeError(`data: expected samples in the ${split} split of ${data.name}, got none`);
  if (needsLabels(recipe) && !data.train.y)
    throw new RangeError(
      `data: expected labelled samples to train with, got none of ${data.name}; add a labels.csv, or give recover.distill the weight 1, or leave recover out of the recipe`,
    );
}
