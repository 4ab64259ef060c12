// What scripts/fuzz.mjs runs in a process of its own, bundled: one target, one engine. Prints the report as JSON.
import { edges, words } from './instrumented.js';
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { random } from '../helpers/random.js';
import type { Corpus } from './corpus.js';
import { blind, guided, type Plan } from './engines.js';
import { kindOf, type Kind } from './kinds.js';
import { reportOf } from './report.js';
import { Session } from './session.js';
import { keep, keptFiles, seedsOf } from './store.js';

/** By scripts/fuzz.mjs. */
interface Task {
  target: string;
  engine: 'guided' | 'blind' | 'replay';
  count: number;
  seconds: number | null;
  seed: number;
  build: string;
  /** Where the file that is read lies for the watchdog. */
  current: string;
  /** Without the corpus. */
  fresh: boolean;
  record: boolean;
}

const FAILURES = 'build/fuzz/failures';

/** Writes each file, behind how many came before it, where another process finds it if this one dies or hangs. */
function watched(path: string): (file: Uint8Array) => void {
  const handle = openSync(path, 'w');
  let head = Buffer.alloc(1 << 17);
  let count = 0;
  return (file) => {
    if (file.length + 8 > head.length) head = Buffer.alloc(2 * file.length);
    head.writeUInt32LE(count++, 0);
    head.writeUInt32LE(file.length, 4);
    head.set(file, 8);
    writeSync(handle, head, 0, file.length + 8, 0);
  };
}

function saveFailure(name: string, file: Uint8Array): void {
  mkdirSync(FAILURES, { recursive: true });
  writeFileSync(`${FAILURES}/${name}`, file);
}

async function run(task: Task, kind: Kind, session: Session, seeds: Uint8Array[]): Promise<Corpus> {
  const { count, seconds, seed } = task;
  const plan: Plan = {
    count,
    seconds: seconds ?? Infinity,
    random: random(seed),
    seeds,
    mutate: kind.mutate,
    words,
  };
  if (task.engine === 'replay') return guided(session, { ...plan, count: seeds.length });
  return task.engine === 'blind' ? blind(session, plan) : guided(session, plan);
}

const task = JSON.parse(process.argv[2]) as Task;
const kind = kindOf(task.target, edges, task.build);
const session = new Session(kind.target, kind.coverage, watched(task.current), saveFailure);
const start = performance.now();
const corpus = await run(task, kind, session, task.fresh ? seedsOf(task.target) : keptFiles(task.target));
const seconds = (performance.now() - start) / 1000;
if (task.record) keep(task.target, corpus, session.executions);
process.stdout.write(JSON.stringify({ ...reportOf(session, corpus), seconds }));
process.exit(0);
