/** Event files are read back by another way than they are written: TensorFlow's .proto definitions through protobufjs' parser. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import t from 'tap';
import { EventWriter, writeProgress } from '../../src/report/index.js';
import { crc32c, recordOf } from '../../src/report/events/record.js';

const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; }
  }
  message Summary { repeated Value value = 1; }
  message Value { string tag = 1; oneof value { float simple_value = 2; HistogramProto histo = 5; } }
  message HistogramProto {
    double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6 [packed = true]; repeated double bucket = 7 [packed = true];
  }`,
  { keepCase: true },
);
const Event = root.lookupType('Event');

interface Histo {
  min: number;
  max: number;
  num: number;
  sum: number;
  sum_squares: number;
  bucket_limit: number[];
  bucket: number[];
}

interface Read {
  wall_time: number;
  step: number;
  file_version?: string;
  summary?: { value: { tag: string; simple_value?: number; histo?: Histo }[] };
}

/** The crc bit by bit, as its definition says. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

function readEvents(path: string): Read[] {
  const file = readFileSync(path);
  const events: Read[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (file.readUInt32LE(at + 8) !== masked(slowCrc(file.subarray(at, at + 8))))
      throw new Error('crc of length');
    if (file.readUInt32LE(at + 12 + length) !== masked(slowCrc(data))) throw new Error('crc of data');
    events.push(Event.toObject(Event.decode(data), { longs: Number }) as Read);
    at += length + 16;
  }
  return events;
}

const folder = mkdtempSync(join(tmpdir(), 'lopper-events-'));

t.test('crc32c: the check value of RFC 3720', async (t) => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
});

t.test('a record as TensorFlow writes it', async (t) => {
  const record = Buffer.from(recordOf(Buffer.from('abc')));
  t.equal(record.length, 19);
  t.equal(record.readBigUInt64LE(0), 3n);
  t.equal(record.toString('latin1', 12, 15), 'abc');
});

t.test('scalars and histograms, read back', async (t) => {
  const writer = new EventWriter(join(folder, 'a', 'b'), () => 1_795_000_000_500);
  writer.scalars(0, { loss: 2.5, absent: undefined });
  writeProgress(writer, { phase: 'baseline', done: 1, total: 2 });
  writeProgress(writer, {
    phase: 'recover',
    done: 7,
    total: 9,
    loss: 1.25,
    accuracy: 0.5,
    learningRate: 0.125,
    pruned: 0.75,
  });
  writer.histogram(2 ** 40, 'weights/fc', [-1, 0.5, 0.5, 1]);
  await writer.close();
  t.match(writer.path, /events\.out\.tfevents\.1795000000\./);
  const [version, first, second, histogram, ...rest] = readEvents(writer.path);
  t.same(rest, []);
  t.equal(version.file_version, 'brain.Event:2');
  t.equal(version.wall_time, 1_795_000_000.5);
  t.same(first.summary!.value, [{ tag: 'loss', simple_value: 2.5 }]);
  t.equal(second.step, 7);
  t.same(second.summary!.value, [
    { tag: 'recover/loss', simple_value: 1.25 },
    { tag: 'recover/accuracy', simple_value: 0.5 },
    { tag: 'recover/learning_rate', simple_value: 0.125 },
    { tag: 'recover/pruned', simple_value: 0.75 },
  ]);
  t.equal(histogram.step, 2 ** 40);
  const { tag, histo } = histogram.summary!.value[0];
  t.equal(tag, 'weights/fc');
  const { min, max, num, sum, sum_squares, bucket, bucket_limit } = histo!;
  t.same([min, max, num, sum, sum_squares], [-1, 1, 4, 1, 2.5]);
  t.same([bucket.length, bucket_limit.length], [60, 60]);
  t.equal(
    bucket.reduce((total, n) => total + n),
    4,
  );
  t.equal(bucket[bucket_limit.findIndex((limit) => limit > 0.5)], 2);
});

t.test('what cannot be written is told', async (t) => {
  t.throws(() => new EventWriter('/dev/null/events'), { name: 'WriteError', cause: { code: 'ENOTDIR' } });
});
