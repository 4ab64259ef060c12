/** The bench in a browser: bundled by `bundle.ts`, called by `run.ts`. */
import { readLop } from '../../format/index.js';
import { load } from '../../runtime/index.js';
import { contest, type BenchModel, type Contest } from '../contest.js';
import { BROWSER_PEERS } from '../peers/browser.js';
import type { BenchGlobals, ContestRequest } from './request.js';

const globals = globalThis as unknown as BenchGlobals;

async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: expected a file, got status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function openModel({ name, files, dense, input, sameWeights }: ContestRequest): Promise<BenchModel> {
  const graphOf = async (url: string) => readLop(await fetchBytes(url));
  return {
    name,
    files: await Promise.all(
      files.map(async ({ url, described }) => ({ bytes: await fetchBytes(url), described })),
    ),
    dense: dense && {
      graph: await graphOf(dense.graph),
      int8: dense.int8 === undefined ? undefined : await graphOf(dense.int8),
    },
    input: input === undefined ? undefined : new Float32Array((await fetchBytes(input)).buffer),
    sameWeights,
  };
}

globals.lopperBench = async (request): Promise<Contest> =>
  contest(
    await openModel(request),
    { load, peers: BROWSER_PEERS },
    {
      ...request.options,
      onProgress: (_, done, total) => globals.lopperProgress(done, total),
      onWarning: (line) => globals.lopperWarning(line),
    },
  );
