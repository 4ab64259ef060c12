/** Engines beside Node and browsers: workerd, Deno, Bun. */
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { appWith, digits, giveDigit, heavy, heavyPath, lacks, snippet, write } from './app.js';

t.test('Cloudflare Workers', { skip: lacks('miniflare') }, async (t) => {
  const app = appWith(t, 'cloudflare.js');
  // as wrangler does
  const external = ['*.wasm', '*.lop'];
  const bundled = await build({
    entryPoints: [`${app}/cloudflare.js`],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external,
    write: false,
  });
  const { Miniflare } = await heavy('miniflare');
  const wasm = 'lopper-runtime/wasm/lopper-simd128.wasm';
  const worker = new Miniflare({
    compatibilityDate: '2026-01-01',
    modulesRoot: '/',
    modules: [
      { type: 'ESModule', path: '/worker.js', contents: bundled.outputFiles[0].text },
      {
        type: 'CompiledWasm',
        path: `/${wasm}`,
        contents: readFileSync(`${app}/node_modules/${wasm.replace('/wasm', '/dist/wasm')}`),
      },
      { type: 'Data', path: '/digits.lop', contents: readFileSync(`${app}/digits.lop`) },
    ],
  });
  t.teardown(() => worker.dispose());
  for (const { label, input } of digits) {
    const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: input.buffer });
    t.equal(await response.text(), String(label));
  }
});

/** The program of docs/embed.md, and with the wasm inside the script, in a command. */
function runs(t: Test, command: string, args: string[], name: string): void {
  const app = appWith(t, name);
  const { FORCE_COLOR: _, ...env } = process.env;
  const options = { cwd: app, encoding: 'utf8', timeout: 60_000, env } as const;
  write(app, 'package.json', '{ "type": "module", "dependencies": { "lopper-runtime": "*" } }');
  for (const entry of ['', '/inline', '/reference']) {
    const from =
      entry === '/reference' ? snippet(name).replace("load('digits.lop')", 'load(bytes)') : snippet(name);
    const read = `import { readFile } from 'node:fs/promises';\nconst bytes = await readFile('digits.lop');\n`;
    write(app, name, read + from.replace("'lopper-runtime'", `'lopper-runtime${entry}'`));
    for (const digit of digits.slice(0, 2)) {
      giveDigit(app, digit);
      const answer = execFileSync(command, [...args, name], options);
      t.equal(answer.trim(), String(digit.label), `lopper-runtime${entry}`);
    }
  }
  const program = `
    import { load } from 'lopper-runtime';
    import { loadWorker } from 'lopper-runtime/worker';
    const threads = await load('digits.lop', { threads: 2 });
    const worker = await loadWorker('digits.lop');
    const [scores] = await worker.runAsync(new Float32Array(784));
    const [same] = threads.run(new Float32Array(784));
    console.log(JSON.stringify([threads.threads, worker.offThread, scores.every((score, i) => score === same[i])]));
    threads.dispose();
    worker.dispose();`;
  write(app, 'threads.js', program);
  const answer = execFileSync(command, [...args, 'threads.js'], options);
  t.same(JSON.parse(answer), [2, true, true], 'threads, and a worker');
}

t.test('Deno', { skip: lacks('deno') }, async (t) => {
  runs(t, heavyPath('.bin/deno'), ['run', '--allow-read', '--no-prompt'], 'deno.js');
});

t.test('Bun', { skip: lacks('bun') }, async (t) => {
  runs(t, heavyPath('.bin/bun'), [], 'bun.js');
});
