import type { CompressProgress } from '../../compress/progress.js';
import type { CompressReport } from '../../compress/report.js';
import { reportedModel, type ReportInput } from '../model.js';
import type { EventWriter } from './writer.js';

/** Steps of training, as they are told: loss, accuracy, learning rate and how much is pruned. */
export function writeProgress(writer: EventWriter, progress: CompressProgress): void {
  const { phase, done, loss, accuracy, learningRate, pruned } = progress;
  if (loss === undefined) return;
  writer.scalars(done, {
    [`${phase}/loss`]: loss,
    [`${phase}/accuracy`]: accuracy,
    [`${phase}/learning_rate`]: learningRate,
    [`${phase}/pruned`]: pruned,
  });
}

/** What is known at the end: epochs, accuracy after each stage, and the layers' weights before (step 0) and after. */
export function writeResult(writer: EventWriter, report: CompressReport, input: ReportInput): void {
  const { baseline, final, history, steps, sparsity } = report;
  writer.scalars(0, { 'test/accuracy': baseline.accuracy, 'test/sparsity': 0 });
  let last = 0;
  for (const { stage, step = last, sparsity: pruned, loss, trained, accuracy } of history) {
    last = step;
    if (accuracy === undefined)
      writer.scalars(step, {
        [`${stage}/epoch_loss`]: loss,
        [`${stage}/epoch_accuracy`]: trained,
        [`${stage}/sparsity`]: pruned,
      });
    else writer.scalars(step, { 'test/accuracy': accuracy, 'test/sparsity': pruned });
  }
  writer.scalars(Math.max(steps, last + 1), { 'test/accuracy': final.accuracy, 'test/sparsity': sparsity });
  for (const { name, before, values } of reportedModel(input).kernels) {
    if (before) writer.histogram(0, `weights/${name}`, before);
    writer.histogram(Math.max(steps, 1), `weights/${name}`, values);
  }
}
