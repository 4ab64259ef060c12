import { tiles, type Tile } from '../elements.js';
import type { Markup } from '../html.js';
import type { ReportedModel } from '../model.js';
import { bytes, count, duration, percent, short } from '../numbers.js';

/** The figures that a reader wants first. */
export function summary(model: ReportedModel): Markup {
  const { figures, accuracy, report } = model;
  const { baseline, seconds } = report ?? {};
  const { file_bytes, params, kept, sparsity, macs, kept_macs, bytes_to_bound, entropy_bound_bytes } =
    figures;
  const dense = baseline?.dense_f32_bytes ?? figures.dense_f32_bytes;
  const items: (Tile | undefined)[] = [
    {
      name: 'File',
      value: bytes(file_bytes),
      note: `1/${(dense / file_bytes).toFixed(1)} of the f32 weights`,
    },
    accuracy === undefined
      ? undefined
      : {
          name: 'Accuracy',
          value: percent(accuracy),
          note: baseline?.accuracy === undefined ? undefined : `${percent(baseline.accuracy)} dense`,
        },
    report?.final.agreement === undefined
      ? undefined
      : {
          name: 'Agreement',
          value: percent(report.final.agreement),
          note: 'with the original, without labels',
        },
    { name: 'Weights kept', value: short(kept), note: `of ${count(params)}, ${percent(sparsity, 1)} pruned` },
    { name: 'Multiply-adds', value: short(kept_macs), note: `of ${short(macs)} a sample` },
    {
      name: 'Bytes to entropy',
      value: `${bytes_to_bound.toFixed(3)}×`,
      note: `of mask and values, ${bytes(Math.ceil(entropy_bound_bytes))}`,
    },
    seconds === undefined ? undefined : { name: 'Time', value: duration(1000 * seconds) },
  ];
  return tiles(items.filter((item) => item !== undefined));
}
