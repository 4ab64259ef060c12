/** Who may import whom, and who may reach outside: DESIGN, "The house". */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

const LEARNING = ['ops', 'graph', 'format'];
/** Also samples, and what they are made of. */
const PIPELINE = [...LEARNING, 'preprocess'];

/** Rooms of the house, and the rooms each may import besides itself. */
const ROOMS: Record<string, string[]> = {
  runtime: [],
  format: [],
  graph: [],
  files: [],
  preprocess: [],
  ops: ['graph'],
  passes: ['ops', 'graph'],
  import: [...LEARNING, 'passes'],
  train: PIPELINE,
  // sources and errors are those of the runtime, whose place it takes
  reference: [...LEARNING, 'runtime'],
  compress: [...PIPELINE, 'import', 'passes', 'train', 'reference', 'files'],
  report: [...LEARNING, 'compress', 'files'],
  bench: ['runtime', 'format'],
  server: ['runtime', 'format', 'preprocess', 'files'],
};

/** Rooms without packages: a device app ships the runtime, and anyone may read the format. */
const BARE = ['runtime', 'format', 'graph', 'files'];

/** Rooms that the page bundles: nothing of Node, and no package but these. */
const PORTABLE: Record<string, string[]> = { preprocess: ['fft.js'] };

/** Rooms that may use the network and the command line. */
const OUTDOORS = ['cli', 'server', 'bench'];
/** `load(url)` fetches the address that its caller gives (DESIGN, "The two faces in code"). */
const RUNTIME_MAY = 'fetch(';
const OUTSIDE = [
  /(?<![.\w])fetch\(/,
  /process\.argv/,
  /XMLHttpRequest|WebSocket|EventSource/,
  /['"](node:)?(http|https|http2|net|tls|dgram|dns)(\/\w+)?['"]/,
];

interface Source {
  path: string;
  room: string;
  text: string;
  imports: string[];
}

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = withoutComments(readFileSync(join(SRC, path), 'utf8'));
    return { path, room: path.split(sep)[0], text, imports: importsOf(text) };
  });

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** What `import ... from 'x'`, `export ... from 'x'`, `import 'x'` and `import('x')` name. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"]+)\1/g)].map((match) => match[2]);
}

/** The room that a relative import leads to; undefined for a package. */
function roomOf(source: Source, name: string): string | undefined {
  if (!name.startsWith('.')) return undefined;
  return relative(SRC, join(SRC, dirname(source.path), name)).split(sep)[0];
}

t.test('every room is known', async (t) => {
  const known = [...Object.keys(ROOMS), 'cli'];
  t.same(
    sources.filter(({ room }) => !known.includes(room)).map(({ path }) => path),
    [],
  );
});

for (const [room, allowed] of Object.entries(ROOMS)) {
  t.test(`${room} imports ${allowed.join(', ') || 'nothing of the house'}`, async (t) => {
    const wrong = sources
      .filter((source) => source.room === room)
      .flatMap((source) => source.imports.map((name) => ({ source, name, to: roomOf(source, name) })))
      .filter(({ to }) => to !== undefined && to !== room && !allowed.includes(to));
    t.same(
      wrong.map(({ source, name }) => `${source.path} imports ${name}`),
      [],
    );
  });
}

t.test(`${BARE.join(', ')} use no package`, async (t) => {
  const wrong = sources
    .filter(({ room }) => BARE.includes(room))
    .flatMap(({ path, imports }) => imports.map((name) => ({ path, name })))
    .filter(({ name }) => !name.startsWith('.') && !builtinModules.includes(name.replace('node:', '')));
  t.same(
    wrong.map(({ path, name }) => `${path} imports ${name}`),
    [],
  );
});

t.test(`${Object.keys(PORTABLE).join(', ')} run in a browser`, async (t) => {
  const wrong = sources
    .filter(({ room }) => room in PORTABLE)
    .flatMap(({ path, room, imports }) => imports.map((name) => ({ path, room, name })))
    .filter(({ room, name }) => !name.startsWith('.') && !PORTABLE[room].includes(name));
  t.same(
    wrong.map(({ path, name }) => `${path} imports ${name}`),
    [],
  );
});

t.test(`only ${OUTDOORS.join(', ')} touch the network and the command line`, async (t) => {
  const wrong = sources
    .filter(({ room }) => !OUTDOORS.includes(room))
    .flatMap(({ path, text }) => OUTSIDE.map((pattern) => ({ path, match: pattern.exec(text)?.[0] })))
    .filter(
      ({ path, match }) => match !== undefined && !(path.startsWith('runtime') && match === RUNTIME_MAY),
    );
  t.same(
    wrong.map(({ path, match }) => `${path}: ${match}`),
    [],
  );
});

t.test('the search finds imports of each form', async (t) => {
  const text = `import a from './a.js'; export * from "../b.js"; import './c.js'; await import('../d/e.js');`;
  t.same(importsOf(text), ['./a.js', '../b.js', './c.js', '../d/e.js']);
  t.ok(
    sources.some(({ path, imports }) => path === join('ops', 'table.ts') && imports.includes('./conv2d.js')),
  );
});
