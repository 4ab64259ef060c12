// `lopper serve` as its users run it: a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** So many requests come from one address. */
const OPEN = ['--infer-rate', '0', '--api-rate', '0', '--lab-rate', '0'];
/** Small, so that the soak reaches them: what is kept must not grow. */
const KEPT = [
  '--lab-rows',
  '500',
  '--keep-jobs',
  '20',
  '--max-queued',
  '32',
  '--max-client-jobs',
  '32',
  '--upload',
  '4',
];

export async function startServer(data) {
  const options = ['--port', '0', '--data', data, '--log-level', 'error', '--json', ...OPEN, ...KEPT];
  const server = spawn(process.execPath, ['dist/cli/main.js', 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints = [];
  createInterface(server.stderr).on('line', (line) => line !== 'stopping' && complaints.push(line));
  let text = '';
  for await (const line of createInterface(server.stdout)) {
    text += line;
    if (line === '}')
      return { pid: server.pid, url: JSON.parse(text).url, complaints, stop: () => stop(server) };
  }
  throw new Error(`lopper serve: expected its address, got none: ${complaints.join('\n')}`);
}

/** @returns its exit code, and how long it took */
async function stop(server) {
  const begin = Date.now();
  const ended = server.exitCode === null ? once(server, 'exit') : [server.exitCode];
  server.kill('SIGTERM');
  const [code, signal] = await ended;
  return { exit: code ?? signal, seconds: (Date.now() - begin) / 1000 };
}
