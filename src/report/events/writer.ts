import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { writeError } from '../../files/index.js';
import { histogramOf, largestMagnitude } from '../histogram.js';
import { histogramEvent, scalarEvent, versionEvent } from './event.js';
import { recordOf } from './record.js';

/** TensorBoard's own has about 30 a side of zero. */
const BUCKETS = 60;

const ADVICE = 'choose another place with --events';

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw writeError(folder, error, ADVICE);
  }
}

/** Writes one event file, which TensorBoard reads while it grows. */
export class EventWriter {
  readonly path: string;
  readonly #stream: WriteStream;
  readonly #now: () => number;
  #failure?: Error;

  /**
   * Makes `folder` where it is not there.
   *
   * @param now milliseconds since 1970
   * @throws WriteError where `folder` cannot be made; what fails later is thrown by `close`
   */
  constructor(folder: string, now: () => number = Date.now) {
    makeFolder(folder);
    const seconds = String(Math.floor(now() / 1000)).padStart(10, '0');
    this.path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`);
    this.#now = now;
    this.#stream = createWriteStream(this.path);
    this.#stream.on('error', (error) => (this.#failure ??= error)); // the first: later ones only say that the stream is gone
    this.#write(versionEvent(this.#seconds()));
  }

  /** Numbers of one step, by tag: `loss`, `test/accuracy`. */
  scalars(step: number, values: Record<string, number | undefined>): void {
    const known = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
    if (known.length > 0) this.#write(scalarEvent(this.#seconds(), step, new Map(known)));
  }

  histogram(step: number, name: string, values: ArrayLike<number>): void {
    const histogram = histogramOf(values, largestMagnitude(values) || 1, BUCKETS);
    this.#write(histogramEvent(this.#seconds(), step, name, values, histogram));
  }

  /** @throws WriteError where something could not be written */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream).catch((error: Error) => (this.#failure ??= error));
    if (this.#failure) throw writeError(this.path, this.#failure, ADVICE);
  }

  #seconds(): number {
    return this.#now() / 1000;
  }

  #write(event: Uint8Array): void {
    this.#stream.write(recordOf(event));
  }
}
