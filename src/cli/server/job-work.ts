/** What a job does: a compression where it has data, else a conversion. */
import { basename, join } from 'node:path';
import { writeWhole } from '../../files/index.js';
import type { JobProgress } from '../../server/api/schemas.js';
import type { JobFigures } from '../../server/jobs/record.js';
import { compressFile, describePhase } from '../support/compress-file.js';
import { importForeign } from '../support/import-foreign.js';
import { foldedSource } from '../support/report-files.js';

export interface JobContext {
  /** Paths of the upload's model file, the `.lop` and the page. */
  model: string;
  out: string;
  report: string;
  recipe: object;
  onProgress(progress: JobProgress): void;
}

/** @param data folder of a set */
export async function compressJob(
  { model, out, report, recipe, onProgress }: JobContext,
  folder: string,
  data: string,
): Promise<JobFigures> {
  const path = join(folder, 'recipe.json');
  await writeWhole(path, JSON.stringify(recipe));
  const done = await compressFile({
    model,
    recipe: path,
    data,
    out,
    report: { page: report },
    signal: new AbortController().signal,
    onProgress: (progress) => {
      const { title, detail } = describePhase(progress);
      const message = [title.trim(), detail].filter(Boolean).join(': ');
      onProgress({ phase: progress.phase, done: progress.done, total: progress.total, message });
    },
  });
  const { file_bytes, sparsity, baseline, final, seconds } = done;
  return {
    bytes: file_bytes,
    denseBytes: baseline.dense_f32_bytes,
    sparsity,
    baseline: baseline.accuracy ?? null,
    final: final.accuracy ?? null,
    seconds,
  };
}

/** The model as it is, without data; recipes may say how it is stored. */
export async function convertJob({
  model,
  out,
  report,
  recipe,
  onProgress,
}: JobContext): Promise<JobFigures> {
  const started = Date.now();
  const [{ convert, parseRecipe }, { fileFigures, writeReport }] = await Promise.all([
    import('../../compress/index.js'),
    import('../../report/index.js'),
  ]);
  const { storage } = parseRecipe(recipe);
  const graph = await importForeign(model);
  onProgress({ phase: 'convert', done: 0, total: 1, message: 'writing the file' });
  const { bytes, report: converted } = convert(graph, storage);
  await writeWhole(out, bytes);
  const input = { name: basename(out), file: bytes, source: await foldedSource(model), recipe };
  await writeWhole(report, await writeReport([input]));
  return {
    bytes: bytes.length,
    denseBytes: converted.dense_f32_bytes,
    sparsity: fileFigures(bytes).sparsity,
    baseline: null,
    final: null,
    seconds: (Date.now() - started) / 1000,
  };
}
