#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { benchCommand } from './bench.js';
import { compressCommand } from './compress.js';
import { convertCommand } from './convert.js';
import { evalCommand } from './eval.js';
import { inspectCommand } from './inspect.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { searchCommand } from './search.js';
import { serveCommand } from './serve.js';
import { workerCommand } from './worker.js';
import { report } from './support/errors.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const commands = [
  compressCommand(),
  searchCommand(),
  workerCommand(),
  convertCommand(),
  inspectCommand(),
  reportCommand(),
  evalCommand(),
  runCommand(),
  benchCommand(),
  serveCommand(),
];

const program = new Command('lopper')
  .description('Prunes and quantizes neural networks; runs the sparse int8 result in WebAssembly.')
  .version(version)
  .configureHelp({ sortSubcommands: false })
  .exitOverride();
for (const command of commands) program.addCommand(command.copyInheritedSettings(program));

const code = await program.parseAsync().then(() => 0, report);
// Exits by itself, once all is written: the wasm of tfjs and onnxruntime keeps handles open.
process.stdout.write('', () => process.exit(code));
