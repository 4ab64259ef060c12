/** Folders of files, one a sample: classes by a labels.csv, by folders named like them, or nobody's. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError } from './dataset.js';
import type { SplitName } from './kind.js';

export interface Listing {
  /** Paths. */
  files: string[];
  /** Class of each; absent where nobody says. */
  y?: Int32Array;
  labels: string[];
}

/** Names of a split's folder. */
const FOLDERS: Record<SplitName, string[]> = {
  train: ['train', 'training'],
  test: ['test', 'val', 'validation'],
};

/** True where such files lie in `folder`, or in folders of classes or splits in it. */
export function holdsFiles(folder: string, ending: RegExp, depth = 2): boolean {
  if (!statSync(folder).isDirectory()) return false;
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && ending.test(entry.name))) return true;
  const folders = entries.filter((entry) => entry.isDirectory());
  return depth > 0 && folders.some(({ name }) => holdsFiles(join(folder, name), ending, depth - 1));
}

/** A split's files: those of its own folder; a set without such folders is one split, `test`. */
export async function listSplit(
  folder: string,
  split: SplitName,
  ending: RegExp,
): Promise<Listing | undefined> {
  const all = Object.values(FOLDERS).flat();
  const isSplit = all.some((name) => existsSync(join(folder, name)));
  if (!isSplit) return split === 'test' ? listFiles(folder, ending) : undefined;
  const own = FOLDERS[split].find((name) => existsSync(join(folder, name)));
  return own === undefined ? undefined : listFiles(join(folder, own), ending);
}

async function listFiles(folder: string, ending: RegExp): Promise<Listing> {
  const table = join(folder, 'labels.csv');
  if (existsSync(table)) return listTable(folder, table, ending);
  const entries = readdirSync(folder, { withFileTypes: true });
  const plain = entries.filter((entry) => entry.isFile() && ending.test(entry.name));
  if (plain.length > 0) return { files: plain.map(({ name }) => join(folder, name)).sort(), labels: [] };
  return listClasses(
    folder,
    entries.filter((entry) => entry.isDirectory()).map(({ name }) => name),
    ending,
  );
}

/** Class folders count in the order of their names, numbers by their value. */
function listClasses(folder: string, names: string[], ending: RegExp): Listing {
  const labels = names.toSorted(new Intl.Collator('en', { numeric: true }).compare);
  const files: string[] = [];
  const y: number[] = [];
  labels.forEach((label, index) => {
    const found = readdirSync(join(folder, label)).filter((name) => ending.test(name));
    for (const name of found.sort()) {
      files.push(join(folder, label, name));
      y.push(index);
    }
  });
  return { files, y: Int32Array.from(y), labels };
}

async function listTable(folder: string, path: string, ending: RegExp): Promise<Listing> {
  const [head = [], ...rows] = parseCsv(await readFile(path, 'utf8'));
  const fileColumn = Math.max(
    0,
    head.findIndex((name) => /^(file|path|image)/i.test(name)),
  );
  const classColumn = head.findIndex((name) => /^(class|label)/i.test(name));
  const files = rows.map((row) => join(folder, row[fileColumn]));
  if (files.length === 0) throw new DatasetError(`${path}: expected a line a sample, got none`);
  const missing = files.find((file) => !existsSync(file));
  if (missing) throw new DatasetError(`${path}: expected ${missing}, got no such file; fetch the set again`);
  const strange = files.find((file) => !ending.test(file));
  if (strange)
    throw new DatasetError(`${path}: expected files of one kind, ${ending.source}, got ${strange}`);
  if (classColumn < 0) return { files, labels: [] };
  return {
    files,
    ...classesOf(
      rows.map((row) => row[classColumn] ?? ''),
      path,
    ),
  };
}

/** Classes are numbers, or names that count in alphabetical order. */
function classesOf(cells: string[], path: string): Pick<Listing, 'y' | 'labels'> {
  const empty = cells.findIndex((cell) => cell.trim() === '');
  if (empty >= 0) throw new DatasetError(`${path}: expected a class in line ${empty + 2}, got none`);
  if (cells.every((cell) => /^\d+$/.test(cell))) return { y: Int32Array.from(cells, Number), labels: [] };
  const wrong = cells.findIndex((cell) => /^-\d/.test(cell));
  if (wrong >= 0)
    throw new DatasetError(`${path}: expected classes from 0 on, got ${cells[wrong]} in line ${wrong + 2}`);
  const labels = [...new Set(cells)].sort();
  return { y: Int32Array.from(cells, (cell) => labels.indexOf(cell)), labels };
}

/** Lines of comma separated cells; a quoted cell may hold commas, line ends and doubled quotes (RFC 4180). */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (let found; (found = cell.exec(text));) {
    const [whole, quoted, plain, end] = found;
    rows.at(-1)!.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === '' || whole === '') break;
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.some((value) => value !== ''));
}
