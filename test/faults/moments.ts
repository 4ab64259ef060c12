/** When a process is killed, and what it was at then. */
import { existsSync, readdirSync, readFileSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deserialize } from 'node:v8';
import type { Random } from '../helpers/random.js';

/** After so many ms, or as soon as the process begins to write a checkpoint, or the file. */
export type Moment = { after: number } | { writes: 'checkpoint' | 'file'; skip: number };

export const checkpointFolder = (out: string): string => `${out}.checkpoint`;
const checkpointFile = (out: string): string => join(checkpointFolder(out), 'training.ckpt');
export const journalOf = (out: string): string => out.replace(/\.lop$/, '.search.jsonl');

/** Six in ten at any time of an uninterrupted run, three while a checkpoint is written, one while the file is. */
export function pickMoment(source: Random, duration: number): Moment {
  const draw = source.next();
  if (draw < 0.6) return { after: Math.round(source.next() * duration) };
  if (draw < 0.9) return { writes: 'checkpoint', skip: source.int(0, 5) };
  // the first is the probe whether a file may be written there
  return { writes: 'file', skip: 1 };
}

const isTemporary = (name: string | null, path: string): boolean =>
  name !== null && name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp');

/** Calls `strike` at the moment; returns what calls it off. */
export function strikeAt(moment: Moment, out: string, strike: () => void): () => void {
  if ('after' in moment) {
    const timer = setTimeout(strike, moment.after);
    return () => clearTimeout(timer);
  }
  let { skip } = moment;
  const seen = new Set<string>();
  const path = moment.writes === 'file' ? out : checkpointFile(out);
  return watchFolder(dirname(path), (name) => {
    if (!isTemporary(name, path) || !existsSync(join(dirname(path), name))) return seen.delete(name);
    if (seen.has(name)) return;
    seen.add(name);
    if (skip-- === 0) strike();
  });
}

/** Watches a folder, once it is there. */
function watchFolder(folder: string, hear: (name: string) => unknown): () => void {
  const watchers: FSWatcher[] = [];
  const begin = (): void => {
    if (watchers.length > 1 || !existsSync(folder)) return;
    watchers.push(watch(folder, (_, name) => name !== null && hear(name)));
    for (const name of readdirSync(folder)) hear(name);
  };
  watchers.push(watch(dirname(folder), begin));
  begin();
  return () => watchers.forEach((watcher) => watcher.close());
}

/** What the process `pid`, killed, was at: as its traces say. */
export function traceOf(out: string, pid: number, isWritten: boolean): string {
  const left = (path: string): boolean => existsSync(join(dirname(path), `.${basename(path)}.${pid}.tmp`));
  if (isWritten) return 'after the file was written';
  if (left(out)) return 'while the file was written';
  if (left(checkpointFile(out))) return 'while a checkpoint was written';
  if (existsSync(checkpointFile(out))) return stageIn(checkpointFile(out));
  return existsSync(journalOf(out)) ? 'search' : 'before the first checkpoint';
}

/** A checkpoint is whole at any time. */
export const DAMAGED = 'with half a checkpoint';

/** `u32 header bytes | header | progress`: what compress keeps. */
function stageIn(path: string): string {
  const bytes = readFileSync(path);
  try {
    return (deserialize(bytes.subarray(4 + bytes.readUInt32LE(0))) as { stage: string }).stage;
  } catch {
    return DAMAGED;
  }
}
