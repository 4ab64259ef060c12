/** What convolutions and pools have in common: a window that slides over an image. */
import { samePadding } from '../padding.js';
import type { Value } from '../values.js';
import type { Call } from './call.js';

export type Pair = [rows: number, columns: number];
export type Pads = [top: number, left: number, bottom: number, right: number];

/** Rows and columns of an attribute that counts batch, rows, columns and channels, or rows and columns alone. */
export function pairOf(call: Call, attribute: string, fallback?: Pair): Pair {
  if (fallback && call.node.attributes[attribute] === undefined) return fallback;
  const values = call.integers(attribute);
  const [rows, columns] = values.length === 2 ? values : values.slice(1);
  const rest = values.length === 2 ? [] : [values[0], values[3]];
  if (![2, 4].includes(values.length) || rest.some((one) => one !== 1) || !(rows >= 1 && columns >= 1))
    throw call.wrong(attribute, '[1, rows, columns, 1]', values);
  return [rows, columns];
}

/** Zeros around an image [rows, columns], for a window of `taps`. */
export function padsOf(call: Call, image: Pair, taps: Pair, strides: Pair, dilations: Pair = [1, 1]): Pads {
  const padding = call.text('pad');
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding === 'explicit') return explicitPads(call);
  if (padding !== 'same') throw call.wrong('padding', 'SAME, VALID or EXPLICIT', padding);
  const [rows, columns] = [0, 1].map((axis) =>
    samePadding(image[axis], taps[axis], strides[axis], dilations[axis]),
  );
  return [rows[0], columns[0], rows[1], columns[1]];
}

/** Before and after each of batch, rows, columns, channels. */
function explicitPads(call: Call): Pads {
  const { list } = (call.node.raw.explicit_paddings ?? {}) as { list?: { i?: unknown } };
  const pads = Array.isArray(list?.i) ? list.i.map(Number) : [];
  if (pads.length !== 8 || !pads.every((pad) => Number.isInteger(pad) && pad >= 0))
    throw call.wrong('explicit_paddings', '8 whole numbers', pads);
  return [pads[2], pads[4], pads[3], pads[5]];
}

/** One image [1, height, width, channels]. */
export function imageOf(call: Call, argument: string): Value {
  checkChannelsLast(call);
  const x = call.value(argument);
  if (x.shape.length === 4 && x.shape[0] === 1) return x;
  throw call.wrong(argument, 'one image [1, height, width, channels]', `[${x.shape}]`);
}

/** Refuses images with channels before rows. */
export function checkChannelsLast(call: Call): void {
  const { s } = (call.node.raw.data_format ?? {}) as { s?: unknown };
  const format = Array.isArray(s)
    ? String.fromCharCode(...(s as number[]))
    : typeof s === 'string'
      ? atob(s)
      : '';
  if (/^NC/i.test(format))
    throw call.wrong('data_format', 'NHWC', `${format}; convert the model with channels last`);
}
