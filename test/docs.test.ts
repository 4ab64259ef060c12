/** What the pages of docs/ name is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

for (const page of ['adding-operators.md', 'hosts.md', 'runtime.md']) {
  t.test(page, async (t) => {
    const text = read(`docs/${page}`);
    const files = [...text.matchAll(/`((?:src|assembly|test|scripts|examples)\/[\w./-]+)`/g)].map(
      ([, path]) => path,
    );
    for (const path of new Set(files)) t.ok(existsSync(ROOT + path), path);
    const links = [...text.matchAll(/\]\((?!http|#)([^)#]+)/g)].map(([, path]) => path);
    for (const path of new Set(links)) t.ok(existsSync(`${ROOT}docs/${path}`), path);
    const scripts = JSON.parse(read('package.json')).scripts as Record<string, string>;
    for (const [, name] of text.matchAll(/npm run ([\w:]+)/g)) t.ok(name in scripts, `npm run ${name}`);
  });
}

t.test('adding-operators.md shows code of the tree', async (t) => {
  const blocks = [...read('docs/adding-operators.md').matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
  const sources = ['src/ops', 'assembly/kernels'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(`${folder}/${name}`)),
  );
  const squeeze = (code: string): string => code.replace(/\s+/g, ' ').trim();
  t.equal(blocks.length, 2);
  for (const block of blocks)
    t.ok(
      sources.some((source) => squeeze(source).includes(squeeze(block))),
      block,
    );
});
