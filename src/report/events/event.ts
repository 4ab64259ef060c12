/** The few messages of TensorFlow's event.proto and summary.proto that TensorBoard needs; the field numbers are the format's. */
import protobuf from 'protobufjs/minimal.js';
import type { Histogram } from '../histogram.js';

type Writer = protobuf.Writer;

const VARINT = 0;
const DOUBLE = 1;
const LENGTH = 2;
const FLOAT = 5;

const tag = (field: number, wire: number): number => (field << 3) | wire;

function message(to: Writer, field: number, fill: (inner: Writer) => void): Writer {
  fill(to.uint32(tag(field, LENGTH)).fork());
  return to.ldelim();
}

const double = (to: Writer, field: number, value: number): Writer =>
  to.uint32(tag(field, DOUBLE)).double(value);

/** Event: wall_time 1 (seconds), step 2, file_version 3, summary 5. */
function event(seconds: number, step: number, fill: (to: Writer) => void): Uint8Array {
  const to = double(protobuf.Writer.create(), 1, seconds).uint32(tag(2, VARINT)).int64(step);
  fill(to);
  return to.finish();
}

/** The first event of a file. */
export function versionEvent(seconds: number): Uint8Array {
  return event(seconds, 0, (to) => to.uint32(tag(3, LENGTH)).string('brain.Event:2'));
}

/** Summary: value 1. Value: tag 1, simple_value 2. */
export function scalarEvent(seconds: number, step: number, scalars: ReadonlyMap<string, number>): Uint8Array {
  return event(seconds, step, (to) => {
    message(to, 5, (summary) => {
      for (const [name, value] of scalars)
        message(summary, 1, (inner) => {
          inner.uint32(tag(1, LENGTH)).string(name).uint32(tag(2, FLOAT)).float(value);
        });
    });
  });
}

/** Value: tag 1, histo 5. HistogramProto: min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7. */
export function histogramEvent(
  seconds: number,
  step: number,
  name: string,
  values: ArrayLike<number>,
  { limit, shares, count }: Histogram,
): Uint8Array {
  const { least, most, sum, squares } = moments(values);
  const width = (2 * limit) / shares.length;
  return event(seconds, step, (to) => {
    message(to, 5, (summary) =>
      message(summary, 1, (inner) => {
        inner.uint32(tag(1, LENGTH)).string(name);
        message(inner, 5, (histogram) => {
          [least, most, count, sum, squares].forEach((value, i) => double(histogram, 1 + i, value));
          packed(
            histogram,
            6,
            shares.map((_, i) => (i + 1) * width - limit),
          );
          packed(
            histogram,
            7,
            shares.map((share) => Math.round(share * count)),
          );
        });
      }),
    );
  });
}

function packed(to: Writer, field: number, values: readonly number[]): void {
  message(to, field, (inner) => values.forEach((value) => inner.double(value)));
}

function moments(values: ArrayLike<number>): { least: number; most: number; sum: number; squares: number } {
  const found = { least: Infinity, most: -Infinity, sum: 0, squares: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    found.least = Math.min(found.least, value);
    found.most = Math.max(found.most, value);
    found.sum += value;
    found.squares += value * value;
  }
  return values.length > 0 ? found : { ...found, least: 0, most: 0 };
}
