import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../files/index.js';
import {
  FILES,
  jobFiguresSchema,
  jobRecordSchema,
  type JobFigures,
  type JobOrder,
  type JobRecord,
} from './record.js';

const writeJson = (path: string, value: object): Promise<void> =>
  writeWhole(path, JSON.stringify(value), 'free some room');

/** Of an ended job. */
const KEPT: string[] = [FILES.record, FILES.result, FILES.model, FILES.report];

/** Jobs on disk: a folder each, by id. */
export class JobStore {
  #writing: Promise<unknown> = Promise.resolve();

  constructor(readonly folder: string) {}

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** All jobs that were kept. Folders without a whole record are uploads that were cut off, and go. */
  async load(): Promise<JobRecord[]> {
    await mkdir(this.folder, { recursive: true });
    const names = await readdir(this.folder);
    const records = await Promise.all(names.map((name) => this.#read(name)));
    const lost = names.filter((name, i) => records[i]?.id !== name);
    await Promise.all(lost.map((name) => this.remove(name)));
    return records.filter((record, i) => record?.id === names[i]) as JobRecord[];
  }

  /** Makes the folder into which a job's files are uploaded. @returns its path */
  async prepare(id: string): Promise<string> {
    const uploads = join(this.folderOf(id), FILES.uploads);
    await mkdir(uploads, { recursive: true });
    return uploads;
  }

  order(id: string, order: JobOrder): Promise<void> {
    return writeJson(join(this.folderOf(id), FILES.order), order);
  }

  /** Records are written one after another, so that the last one stays. */
  save(record: JobRecord): Promise<void> {
    const path = join(this.folderOf(record.id), FILES.record);
    const copy = { ...record };
    const written = this.#writing.then(() => writeJson(path, copy));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** What the job's process left; undefined where it did not end well. */
  async result(id: string): Promise<JobFigures | undefined> {
    const text = await readFile(join(this.folderOf(id), FILES.result), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : jobFiguresSchema.parse(JSON.parse(text));
  }

  /** Keeps of an ended job what it made: its upload goes, and what its process, killed, left half done. */
  async tidy(id: string): Promise<void> {
    const folder = this.folderOf(id);
    const names = await readdir(folder).catch(() => []);
    const done = names.filter((name) => !KEPT.includes(name));
    await Promise.all(done.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  }

  async remove(id: string): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true });
  }

  async #read(name: string): Promise<JobRecord | undefined> {
    try {
      const text = await readFile(join(this.folder, name, FILES.record), 'utf8');
      return jobRecordSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}
