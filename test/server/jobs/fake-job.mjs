// Stands in for a job's process where a real compression would not misbehave: does what its recipe says.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const { recipe, model } = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8'));
const tell = (done) =>
  process.send({ type: 'progress', phase: 'work', done, total: 10, message: `${done} of 10` });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

process.once('disconnect', () => process.exit(1));
readFileSync(join(folder, model));
tell(0);

const acts = {
  async finish() {
    await sleep(recipe.ms ?? 0);
    tell(10);
    writeFileSync(join(folder, 'model.lop'), 'a file');
    writeFileSync(join(folder, 'report.html'), '<!doctype html><title>report</title>');
    const figures = { bytes: 6, denseBytes: 60, sparsity: 0.5, baseline: 0.9, final: null, seconds: 1.5 };
    writeFileSync(join(folder, 'result.tmp'), JSON.stringify({ ...figures, pid: process.pid }));
    renameSync(join(folder, 'result.tmp'), join(folder, 'result.json'));
    process.exit(0);
  },
  fail: () => process.send({ type: 'failed', error: 'layer: expected one, got none' }, () => process.exit(1)),
  crash: () => process.abort(),
  nothing: () => process.exit(0),
  nonsense() {
    process.send({ type: 'progress', phase: 1 });
    process.send('x');
    return acts.finish();
  },
  heap() {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 1e5 }, (_, i) => ({ i })));
  },
  resident() {
    const kept = [];
    setInterval(() => kept.push(Buffer.alloc(32 * 2 ** 20, 1)), 20);
  },
  /** Hears no signal but SIGKILL, and no message. */
  spin() {
    process.on('SIGTERM', () => undefined);
    for (;;);
  },
  wait: () => sleep(1e6),
};
await acts[recipe.act]();
