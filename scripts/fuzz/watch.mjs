// Runs one target in a process of its own and watches it: what traps the process or never comes back is a failure as any other.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** A process that has begun no file for so long hangs. */
const HANG_MS = 30_000;
const LOOK_MS = 500;
const FAILURES = 'build/fuzz/failures';

/** @returns the report of test/fuzz/main.ts with what was asked; of a process that died, what is known */
export async function watch(bundle, task) {
  const current = `build/fuzz/current-${task.target}-${process.pid}`;
  const { target, engine, build, seed } = task;
  const asked = { target, engine, seed, ...(target === 'wasm' && { build }) };
  const child = start(bundle, { ...task, current });
  const { output, code, hung } = await ended(child, current, task);
  const last = existsSync(current) ? read(current) : undefined;
  rmSync(current, { force: true });
  if (code === 0) return withRate(asked, JSON.parse(output));
  const what = hung ? `hang: expected to be done within ${HANG_MS} ms` : `the process ended with ${code}`;
  return { ...asked, ...lost(last, what, target) };
}

function withRate(asked, { seconds, ...report }) {
  const { executions, ...rest } = report;
  return {
    ...asked,
    executions,
    executions_per_second: Math.round(executions / seconds),
    seconds: Math.round(seconds * 10) / 10,
    ...rest,
  };
}

function start({ outfile, edges, words }, task) {
  const env = { ...process.env, LOPPER_FUZZ_EDGES: String(edges), LOPPER_FUZZ_WORDS: JSON.stringify(words) };
  const flags = ['--max-old-space-size=1024', '--no-warnings', outfile, JSON.stringify(task)];
  return spawn(process.execPath, flags, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function ended(child, current, { target, count }) {
  let output = '';
  let hung = false;
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setInterval(() => {
    if (!existsSync(current)) return;
    const idle = Date.now() - statSync(current).mtimeMs;
    if (process.stderr.isTTY) process.stderr.write(`\r${target}: ${read(current).executions} of ${count} `);
    hung = idle > HANG_MS;
    if (hung) child.kill('SIGKILL');
  }, LOOK_MS);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(timer);
      resolve({ output, code: code ?? signal, hung });
    });
  });
}

/** How many files were begun, and the last. */
function read(current) {
  const bytes = readFileSync(current);
  if (bytes.length < 8) return { executions: 0, file: bytes };
  return { executions: bytes.readUInt32LE(0) + 1, file: bytes.subarray(8, 8 + bytes.readUInt32LE(4)) };
}

function lost(last, what, target) {
  if (!last) return { executions: 0, failures: [{ what }] };
  const { executions, file } = last;
  mkdirSync(FAILURES, { recursive: true });
  const name = `${target}-${createHash('sha256').update(file).digest('hex').slice(0, 16)}`;
  writeFileSync(`${FAILURES}/${name}`, file);
  return { executions, failures: [{ execution: executions, what, file: name }] };
}
