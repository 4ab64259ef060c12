import { rmSync } from 'node:fs';
import sqlite, { type Database as Sqlite } from 'node-sqlite3-wasm';
import type { Measurement, MeasurementQuery, MeasurementRequest } from '../api/schemas.js';
import { DEFAULT_LIMITS } from '../settings.js';

type Result = Measurement['results'][number];
type Row = Record<string, number | string | null>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS measurement (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, user_agent TEXT NOT NULL, cores INTEGER NOT NULL,
    memory_gb REAL, platform TEXT NOT NULL, mobile INTEGER NOT NULL, name TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS result (
    measurement INTEGER NOT NULL REFERENCES measurement(id) ON DELETE CASCADE, model TEXT NOT NULL, version TEXT NOT NULL,
    runtime TEXT NOT NULL, threads INTEGER NOT NULL, median_ms REAL NOT NULL, p95_ms REAL NOT NULL, min_ms REAL NOT NULL,
    runs INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS result_of ON result(measurement);
  PRAGMA user_version = 1;`;

const COLUMNS = 'model, version, runtime, threads, median_ms, p95_ms, min_ms, runs, bytes';

const INSERT = `INSERT INTO measurement (created, user_agent, cores, memory_gb, platform, mobile, name) VALUES (?, ?, ?, ?, ?, ?, ?)`;
const INSERT_RESULT = `INSERT INTO result (measurement, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const SELECT = `
  SELECT m.*, ${COLUMNS} FROM measurement m JOIN result r ON r.measurement = m.id
  WHERE (?1 IS NULL OR r.model = ?1) AND (?2 IS NULL OR r.runtime = ?2) ORDER BY m.id DESC, r.rowid LIMIT ?3`;
const FORGET = `DELETE FROM measurement WHERE id <= (SELECT max(id) FROM measurement) - ?`;

/** Rows that one answer has at most: some megabytes. */
const MOST_ROWS = 50_000;

/**
 * What devices measured, in one SQLite file. The library is SQLite in WebAssembly and writes through to the file, with a rollback journal: it has no
 * shared memory, so no WAL. A write takes a millisecond or two.
 */
export class MeasurementStore {
  readonly #database: Sqlite;

  /**
   * @param path of the file; made where it is not there
   * @param most measurements that are kept; the oldest go
   */
  constructor(
    path: string,
    private readonly most = DEFAULT_LIMITS.measurementsKept,
  ) {
    // The library locks by a folder, which a killed process leaves. Who opens the store owns the data folder.
    rmSync(`${path}.lock`, { recursive: true, force: true });
    this.#database = new sqlite.Database(path);
    this.#database.exec(
      'PRAGMA foreign_keys = ON; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL;',
    );
    this.#database.exec(SCHEMA);
  }

  /** @returns its number */
  add({ device, results }: MeasurementRequest): number {
    const { userAgent, cores, memoryGb, platform, mobile, name = null } = device;
    return this.#transaction(() => {
      const values = [new Date().toISOString(), userAgent, cores, memoryGb, platform, Number(mobile), name];
      const id = Number(this.#database.run(INSERT, values).lastInsertRowid);
      const insert = this.#database.prepare(INSERT_RESULT);
      try {
        for (const result of results) insert.run([id, ...valuesOf(result)]);
      } finally {
        insert.finalize();
      }
      this.#database.run(FORGET, [this.most]);
      return id;
    });
  }

  /** Latest first; of each the results that match. */
  list({ model, runtime }: MeasurementQuery = {}): Measurement[] {
    const rows = this.#database.all(SELECT, [model ?? null, runtime ?? null, MOST_ROWS]) as Row[];
    const found = new Map<number, Measurement>();
    for (const row of rows) {
      const id = Number(row['id']);
      if (!found.has(id)) found.set(id, measurementOf(row));
      found.get(id)!.results.push(resultOf(row));
    }
    return [...found.values()];
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const done = work();
      this.#database.exec('COMMIT');
      return done;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function valuesOf(result: Result): (string | number)[] {
  const { model, version, runtime, threads, median_ms, p95_ms, min_ms, runs, bytes } = result;
  return [model, version, runtime, threads, median_ms, p95_ms, min_ms, runs, bytes];
}

function measurementOf(row: Row): Measurement {
  const device = {
    userAgent: row['user_agent'] as string,
    cores: Number(row['cores']),
    memoryGb: row['memory_gb'] as number | null,
    platform: row['platform'] as string,
    mobile: row['mobile'] === 1,
    ...(row['name'] !== null && { name: row['name'] as string }),
  };
  return { id: Number(row['id']), created: row['created'] as string, device, results: [] };
}

function resultOf(row: Row): Result {
  return Object.fromEntries(
    COLUMNS.split(', ').map((column) => [
      column,
      typeof row[column] === 'bigint' ? Number(row[column]) : row[column],
    ]),
  ) as Result;
}
