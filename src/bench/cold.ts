/**
 * Cold start: from bytes in memory to the first result, each time in a fresh process. `node dist/bench/cold.js [--json]
 * [--arch NAME] [--sparsity S] [--block RxC] [--against a,b] [--processes N]`. Lopper's time holds compiling its WebAssembly, loading
 * the file and one run; the peers' theirs, on the dense original. Importing the JavaScript is left out for all.
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { quantile } from './latency.js';
import { blockOf, countOf, oneOf, runMain, sparsityOf } from './main.js';
import { PEER_NAMES } from './peers/names.js';
import type { ColdStart } from './cold-start.js';

const CHILD = fileURLToPath(new URL('./cold-start.js', import.meta.url));

interface ColdRow {
  runtime: string;
  /** Median over the processes, as all times. */
  ms: number;
  load_ms: number;
  first_ms: number;
  min_ms: number;
  memory_bytes: number;
  processes: number;
}

async function start(runtime: string, args: readonly string[]): Promise<ColdStart> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, '--runtime', runtime, ...args]);
  return JSON.parse(stdout) as ColdStart;
}

const total = (of: ColdStart): number => of.load_ms + of.first_ms;

function summarize(runtime: string, starts: readonly ColdStart[]): ColdRow {
  const median = (of: (start: ColdStart) => number): number => quantile(starts.map(of), 0.5);
  return {
    runtime,
    ms: median(total),
    load_ms: median((of) => of.load_ms),
    first_ms: median((of) => of.first_ms),
    min_ms: Math.min(...starts.map(total)),
    memory_bytes: median((of) => of.memory_bytes),
    processes: starts.length,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      arch: { type: 'string', default: 'mobilenet-v1-1.0-224' },
      sparsity: { type: 'string', default: '0.9' },
      block: { type: 'string', default: '2x2' },
      against: { type: 'string', default: 'tfjs-wasm,ort-web,ort-web-int8' },
      processes: { type: 'string', default: '7' },
    },
  });
  const { arch, sparsity, block } = values;
  const processes = countOf('processes', values.processes);
  sparsityOf('sparsity', sparsity);
  blockOf('block', block);
  const peers = values.against.split(',').filter(Boolean);
  const runtimes = ['lopper', ...peers.map((peer) => oneOf('against', peer, PEER_NAMES))];
  const starts = new Map<string, ColdStart[]>(runtimes.map((runtime) => [runtime, []]));
  for (let i = 0; i < processes; i++)
    for (const runtime of runtimes) {
      const seen = await start(runtime, ['--arch', arch, '--sparsity', sparsity, '--block', block]);
      starts.get(runtime)!.push(seen);
      process.stderr.write(`${runtime}: ${(seen.load_ms + seen.first_ms).toFixed(1)} ms\n`);
    }
  const results = runtimes.map((runtime) => summarize(runtime, starts.get(runtime)!));
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
  if (values.json)
    console.log(
      JSON.stringify({ machine, engine: `node ${process.version}`, arch, sparsity, block, results }),
    );
  else {
    console.log(
      `${machine}, node ${process.version}; ${arch}, Lopper's ${100 * Number(sparsity)} % sparse in ${block}`,
    );
    console.log(`bytes in memory to first result, medians of ${processes} fresh processes\n`);
    console.log(
      '| runtime | cold start, ms | load | first run | WebAssembly memory, MB |\n|---|---:|---:|---:|---:|',
    );
    for (const row of results)
      console.log(
        `| ${row.runtime} | ${row.ms.toFixed(1)} | ${row.load_ms.toFixed(1)} | ${row.first_ms.toFixed(1)} | ` +
          `${(row.memory_bytes / 1e6).toFixed(1)} |`,
      );
  }
}

await runMain(main);
