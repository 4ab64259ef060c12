/** Where a model.json and its weight files come from: a folder, a web address, or memory. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImportError } from './errors.js';

/** A layers-model in memory, as tfjs' own `save` handlers get it. */
export interface ModelSource {
  modelTopology: object;
  weightSpecs: object[];
  weightData: ArrayBuffer | ArrayBuffer[];
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
}

/** Reads the file at a path relative to the model's folder. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

export interface Location {
  /** For messages. */
  name: string;
  /** The model file's name, relative to its folder. */
  file: string;
  read: ReadFile;
}

/** Whether a path that a model names leads out of the model's folder: strangers' files are read nowhere else. */
export function leavesFolder(path: string): boolean {
  return /^([/\\]|\w+:)/.test(path) || path.split(/[/\\]/).includes('..');
}

/**
 * @param source a path, or a `file:`, `http:` or `https:` address
 * @param request a `fetch`, used for http and https; where absent these are refused, so that nothing goes to the network unasked
 */
export function locate(source: string, request?: typeof globalThis.fetch): Location {
  if (/^https?:/i.test(source)) return webLocation(new URL(source), request);
  const path = source.startsWith('file:') ? fileURLToPath(source) : resolve(source);
  const folder = dirname(path);
  return {
    name: source,
    file: path,
    read: (file) => readFromDisk(resolve(folder, file)),
  };
}

async function readFromDisk(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new ImportError('file', `${path}: expected a readable file, got: ${reason}`, { cause: error });
  }
}

function webLocation(url: URL, request?: typeof globalThis.fetch): Location {
  if (!request) {
    throw new ImportError(
      'file',
      `${url}: expected a path, got a web address; pass { fetch } to import from one`,
    );
  }
  return { name: url.href, file: url.href, read: (file) => download(new URL(file, url), request) };
}

async function download(url: URL, request: typeof globalThis.fetch): Promise<Uint8Array> {
  const response = await request(url).catch((error: unknown) => {
    throw new ImportError('file', `${url}: expected an answer, got: ${String(error)}`, { cause: error });
  });
  if (!response.ok) {
    throw new ImportError(
      'file',
      `${url}: expected status 200, got ${response.status} ${response.statusText}`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}
