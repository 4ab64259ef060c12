import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DatasetError } from './dataset.js';
import type { Source, SourceFile } from './sources.js';
import { tarMembers } from './tar.js';

/** How far a fetch is: bytes of one file; `total` is 0 where the server does not say. */
export type FetchProgress = (file: string, received: number, total: number) => void;

export interface FetchOptions {
  /** The platform's `fetch`, handed in so that only commands decide to touch the network. */
  fetch: typeof fetch;
  /** Instead of the source's own address. */
  address?: string;
  onProgress?: FetchProgress;
  signal?: AbortSignal;
}

/**
 * Fetches a public set into `folder`, whole or not at all: files are checked in a temporary folder beside it, which
 * is renamed at the end.
 *
 * @throws DatasetError where the server fails, or a file is too long or has another SHA-256 than the published one.
 */
export async function fetchSource(source: Source, folder: string, options: FetchOptions): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    for (const file of source.files) await fetchFile(source, file, partial, options);
    if (!existsSync(folder)) await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function fetchFile(
  source: Source,
  file: SourceFile,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const url = new URL(file.name, withSlash(options.address ?? source.address)).href;
  const bytes = await download(url, file, options);
  verify(url, file, bytes);
  if (source.tarMembers === undefined) return writeFile(join(folder, file.name), bytes);
  for (const member of tarMembers(gunzipSync(bytes), source.tarMembers))
    await writeFile(join(folder, member.name), member.data);
}

async function download(url: string, file: SourceFile, options: FetchOptions): Promise<Uint8Array> {
  const advice = 'check the connection, or put the files there by hand';
  let response: Response;
  try {
    response = await options.fetch(url, { signal: options.signal });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new DatasetError(`${url}: expected an answer, got "${(cause as Error).message}"; ${advice}`, {
      cause,
    });
  }
  if (!response.ok || response.body === null)
    throw new DatasetError(`${url}: expected status 200, got ${response.status}; ${advice}`);
  const total = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array[] = [];
  let received = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    received += part.length;
    if (received > file.maximum)
      throw new DatasetError(
        `${url}: expected at most ${file.maximum} bytes, got more; it is not the published set`,
      );
    parts.push(part);
    options.onProgress?.(file.name, received, total);
  }
  return Buffer.concat(parts);
}

function verify(url: string, file: SourceFile, bytes: Uint8Array): void {
  if (file.sha256 !== undefined) compare(url, file.sha256, bytes);
  if (file.contentSha256 !== undefined) compare(url, file.contentSha256, unzipped(url, bytes));
}

function unzipped(url: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new DatasetError(`${url}: expected a complete gzip file, got ${bytes.length} bytes that are not`, {
      cause,
    });
  }
}

function compare(url: string, expected: string, bytes: Uint8Array): void {
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== expected)
    throw new DatasetError(`${url}: expected SHA-256 ${expected}, got ${got}; fetch it again`);
}

function withSlash(address: string): string {
  return address.endsWith('/') ? address : `${address}/`;
}
