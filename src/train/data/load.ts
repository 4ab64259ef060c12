import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Preprocessing } from '../../preprocess/index.js';
import { arraySets } from './arrays.js';
import { soundSets } from './audio.js';
import { cifarSets } from './cifar.js';
import { DatasetError, takeFirst, type Dataset } from './dataset.js';
import { fetchSource, type FetchProgress } from './fetch.js';
import { idxSets } from './idx.js';
import { imageSets } from './images.js';
import type { SetKind, SplitName } from './kind.js';
import { rawSets } from './raw.js';
import { SOURCES } from './sources.js';

/** Samples of the package itself: small subsets, so that a fresh machine has something to work with. */
const BUNDLED = fileURLToPath(new URL('../../../models/data/', import.meta.url));

/** Ways to store a set; the first that fits is taken. */
const KINDS: readonly SetKind[] = [idxSets, cifarSets, arraySets, rawSets, imageSets, soundSets];

export interface LoadOptions {
  /** Only this split; the other has count 0. A set of one split is what is asked for. */
  split?: SplitName;
  /** How pictures and sounds become samples, and samples network input. Default: as is usual of the set. */
  preprocessing?: Preprocessing;
  /** Of the network: pictures are made this large. */
  inputShape?: readonly number[];
  /** Only the first samples of each split. */
  limit?: number;
  /** Looked into first: the set's folder itself, or one that holds it by name. */
  dir?: string;
  /** The platform's `fetch`: only then is a set that is nowhere on this machine fetched from its public address. */
  fetch?: typeof fetch;
  /** Instead of the public address; else `$LOPPER_DATA_URL`. */
  address?: string;
  onProgress?: FetchProgress;
  /** Told where the set comes from when that matters, as for a bundled subset. */
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Loads a set by name (`mnist`, `cifar10`, or any folder's name under a data folder), by folder or by file.
 * Looked up in `options.dir`, `$LOPPER_DATA` and `~/.cache/lopper`; then fetched, where `options.fetch` allows it; where
 * that does not work, the package's own samples serve, and `options.onLog` is told.
 *
 * @throws DatasetError where the set is nowhere, or a file of it is missing, short or corrupt.
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  const folder = await locate(name, options);
  const splits = options.split === undefined ? (['train', 'test'] as const) : [options.split];
  const kind = KINDS.find((each) => each.holds(folder))!;
  const { preprocessing, inputShape } = options;
  const setName = basename(resolve(name));
  const read = (which: readonly SplitName[]): Promise<Dataset> =>
    kind.read(setName, folder, { splits: which, preprocessing, inputShape });
  let data = await read(splits);
  if (options.split === 'train' && data.train.count === 0) {
    data = await read(['test']);
    if (data.test.count > 0)
      options.onLog?.(`${name}: one split only, which serves for calibration and test alike`);
    data = { ...data, train: data.test, test: data.train };
  }
  if (data.train.count + data.test.count === 0)
    throw new DatasetError(`${folder}: expected a ${splits.join(' or ')} split, got none`);
  return {
    ...data,
    preprocessing: preprocessing ?? data.preprocessing,
    train: takeFirst(data.train, options.limit),
    test: takeFirst(data.test, options.limit),
  };
}

async function locate(name: string, options: LoadOptions): Promise<string> {
  const cache = join(homedir(), '.cache', 'lopper', name);
  const isName = /^[\w.-]+$/.test(name);
  const candidates = [name, options.dir && join(options.dir, name), options.dir];
  if (isName) candidates.push(process.env.LOPPER_DATA && join(process.env.LOPPER_DATA, name), cache);
  const found = candidates.find((path) => path && holdsData(path));
  if (found) return found;
  if (!isName) throw missing(name, candidates);
  return (await fetchedOrBundled(name, cache, options)) ?? Promise.reject(missing(name, candidates));
}

/** From the public address where `fetch` is given; where that fails, or is not given, the package's own samples. */
async function fetchedOrBundled(
  name: string,
  cache: string,
  options: LoadOptions,
): Promise<string | undefined> {
  const { onLog, signal } = options;
  const bundled = join(BUNDLED, name);
  const hasBundled = holdsData(bundled);
  try {
    if (await fetched(name, cache, options)) return cache;
  } catch (error) {
    if (signal?.aborted || !hasBundled) throw error;
    onLog?.((error as Error).message);
  }
  if (!hasBundled) return undefined;
  onLog?.(`${name}: using the bundled subset; set LOPPER_DATA to a folder with the whole set`);
  return bundled;
}

/** False where nothing may be fetched, or no address is known. */
async function fetched(name: string, cache: string, options: LoadOptions): Promise<boolean> {
  const source = SOURCES[name];
  const { fetch, onProgress, onLog, signal } = options;
  if (source === undefined || fetch === undefined) return false;
  const address = options.address ?? process.env.LOPPER_DATA_URL;
  onLog?.(`${name}: fetching from ${address ?? source.address} into ${cache}`);
  await fetchSource(source, cache, { fetch, address, onProgress, signal });
  return true;
}

function holdsData(path: string): boolean {
  return existsSync(path) && KINDS.some((kind) => kind.holds(path));
}

function missing(name: string, candidates: (string | undefined)[]): DatasetError {
  const looked = [...new Set(candidates.filter(Boolean))].join(', ');
  const known = Object.keys(SOURCES).join(', ');
  return new DatasetError(
    `${name}: expected a folder with ${KINDS.map(({ what }) => what).join(', ')}, found none in ${looked}; ` +
      `name one of ${known}, give a folder, or set LOPPER_DATA to the folder that holds it`,
  );
}
