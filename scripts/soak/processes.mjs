// What Linux tells of processes. Elsewhere all is 0 and empty.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const names = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

const kilobytes = (pid, key) =>
  1024 * Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** Resident bytes. */
export const residentBytes = (pid) => kilobytes(pid, 'VmRSS');
/** Addresses in use: each WebAssembly memory holds gigabytes of them, also where it is small. */
export const virtualBytes = (pid) => kilobytes(pid, 'VmSize');
export const threadCount = (pid) => names(`/proc/${pid}/task`).length;
/** Files, sockets, pipes. */
export const descriptorCount = (pid) => names(`/proc/${pid}/fd`).length;

/** Children, their children, and so on. */
export function descendants(pid) {
  const parents = names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1])]);
  const below = (of) =>
    parents.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

export const commandOf = (pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
