import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { CompressProgress, CompressReport } from '../../compress/index.js';
import { writeWhole } from '../../files/index.js';
import { openData } from './data.js';
import { runtimeEvaluator } from './evaluate.js';
import { ensureWritable } from './files.js';
import { note, percent } from './output.js';
import { createProgress, type Progress } from './progress.js';
import { importForeign, type ForeignOptions } from './import-foreign.js';
import { CompressionRecorder, type ReportFiles } from './report-files.js';
import { preprocessingOf, readPreprocessing } from './preprocessing.js';

export interface CompressFileOptions {
  /** Path of a foreign model. */
  model: string;
  /** Path of a recipe. */
  recipe: string;
  /** Name or folder of a labelled set. */
  data: string;
  /** Path of the `.lop`. */
  out: string;
  /** A preset's name or a JSON file, instead of what the recipe says. */
  preprocess?: string;
  /** For the import. */
  foreign?: ForeignOptions;
  resume?: boolean;
  limit?: number;
  /** Threads that train. */
  workers?: number;
  /** Test samples on which the network is measured after each stage. */
  measureStages?: number;
  /** Paths of a page and of events for TensorBoard. */
  report?: ReportFiles;
  /** Told beside the bars on stderr. */
  onProgress?(progress: CompressProgress): void;
  signal: AbortSignal;
}

/** Where the state of a stopped run is kept. */
export const checkpointOf = (out: string): string => `${out}.checkpoint`;

async function readRecipe(path: string): Promise<object> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as object;
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new Error(`${path}: expected JSON, got: ${cause.message}`, { cause });
    throw cause;
  }
}

const TITLES: Record<CompressProgress['phase'], string> = {
  baseline: 'measuring the original',
  unfold: 'unfolding batch norm ',
  structure: 'taking parts out     ',
  score: 'scoring weights      ',
  'one-shot': 'pruning in one shot  ',
  recover: 'pruning and training ',
  correct: 'correcting statistics',
  'quantize-aware': 'training in int8     ',
  calibrate: 'calibrating          ',
  mixed: 'choosing precisions  ',
  evaluate: 'measuring the file   ',
};

/** What a phase is called, and how its training stands. */
export function describePhase({ phase, loss, pruned }: CompressProgress): { title: string; detail: string } {
  const detail = loss === undefined ? '' : `loss ${loss.toFixed(4)}, ${percent(pruned ?? 0, 0)} pruned`;
  return { title: TITLES[phase], detail };
}

/** One bar a phase. */
function phaseProgress(): { report(progress: CompressProgress): void; stop(): void } {
  let phase: CompressProgress['phase'] | undefined;
  let shown: Progress | undefined;
  return {
    report: (progress) => {
      const { title, detail } = describePhase(progress);
      if (progress.phase !== phase) {
        shown?.stop();
        phase = progress.phase;
        shown = createProgress(title);
      }
      shown!.update(progress.done, progress.total, detail);
    },
    stop: () => shown?.stop(),
  };
}

/** Compresses a file into a file: everything that can be wrong with the paths is said before the long work. */
export async function compressFile(options: CompressFileOptions): Promise<CompressReport> {
  const { model, out, resume = false, limit, workers, measureStages, signal } = options;
  const given = await readRecipe(options.recipe);
  const inputs = [model, options.recipe];
  await ensureWritable(out, ...inputs);
  if (options.report?.page !== undefined) await ensureWritable(options.report.page, out, ...inputs);
  const { compress, parseRecipe, removeCheckpoint, selectBackend } = await import('../../compress/index.js');
  const stated = parseRecipe(given).preprocessing;
  note((await selectBackend()).note);
  const graph = await importForeign(model, options.foreign);
  const preprocessing = options.preprocess
    ? await readPreprocessing(options.preprocess)
    : (stated ?? (await preprocessingOf(graph.metadata)));
  const folder = checkpointOf(out);
  if (existsSync(folder) && !resume) note(`${folder} holds a stopped run; it starts afresh without --resume`);
  if (!existsSync(folder) && resume)
    note(`${folder} is not there: nothing to resume, so the run starts afresh`);
  const data = await openData(options.data, {
    preprocessing,
    inputShape: graph.tensors.get(graph.inputs[0])!.shape,
    signal,
  });
  const progress = phaseProgress();
  const recorder = await CompressionRecorder.open(options.report ?? {});
  try {
    const { bytes, report } = await compress(
      graph,
      { ...given, preprocessing },
      {
        data,
        signal,
        limit,
        workers,
        measureStages,
        checkpoint: { folder, resume, keep: true },
        evaluateFile: runtimeEvaluator,
        layerCosts: async (blocks) => {
          const { measureLayerCosts } = await import('../search/layer-costs.js');
          const { quantize } = given as { quantize?: unknown };
          return measureLayerCosts(graph, { data, blocks, quantize, preprocessing, signal });
        },
        onProgress: (told) => {
          progress.report(told);
          recorder.progress(told);
          options.onProgress?.(told);
        },
      },
    );
    await writeWhole(out, bytes);
    await recorder.result(out, bytes, { graph, report, recipe: given });
    await recorder.close();
    await removeCheckpoint(folder);
    return report;
  } finally {
    progress.stop();
    // what failed before says more
    await recorder.close().catch(() => undefined);
  }
}
