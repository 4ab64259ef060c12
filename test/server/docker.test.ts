/** What can be known of the image without a docker: that its steps copy, run and set what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { serveCommand } from '../../src/cli/serve.js';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const text = readFileSync(inRepository('Dockerfile'), 'utf8');
const steps = text.split('\n').filter((line) => /^[A-Z]+ /.test(line));
const of = (name: string): string[] =>
  steps.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
const { scripts, files } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  files: string[];
};

t.test('what it copies is there, and nothing else goes to the builder', async (t) => {
  const sources = of('COPY')
    .filter((copy) => !copy.startsWith('--from'))
    .flatMap((copy) => copy.split(' ').slice(0, -1));
  for (const source of sources) t.ok(existsSync(inRepository(source)), source);
  const sent = readFileSync(inRepository('.dockerignore'), 'utf8').split('\n');
  t.same(
    sent
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
      .sort(),
    sources.sort(),
  );
  t.ok(sent.includes('*'));
  for (const built of of('COPY').filter((copy) => copy.startsWith('--from')))
    t.match(built, /^--from=build \/app\/(package\.json|node_modules|dist|models) \.\//);
  t.ok(
    ['dist', 'models'].every((folder) => files.includes(folder)),
    'as the package ships',
  );
});

t.test('what it runs are scripts of the package', async (t) => {
  const runs = of('RUN').filter((run) => run.startsWith('npm run '));
  t.same(runs, ['npm run build']);
  for (const run of runs) t.ok(scripts[run.slice('npm run '.length)]);
  t.ok(of('RUN').includes('npm ci'));
});

t.test('it serves without root, as its variables say', async (t) => {
  const known = new Set(serveCommand().options.map(({ envVar }) => envVar));
  const variables = of('ENV')[0]
    .split(' ')
    .map((setting) => setting.split('=')[0]);
  t.same(
    variables.filter((name) => !known.has(name)),
    ['NODE_ENV'],
  );
  t.equal(of('USER')[0], 'node');
  t.ok(
    steps.findIndex((line) => line.startsWith('USER')) < steps.findIndex((line) => line.startsWith('CMD')),
  );
  const [, program, command] = JSON.parse(of('CMD')[0]) as string[];
  t.ok(existsSync(inRepository(program)), program);
  t.equal(command, 'serve');
  t.match(of('HEALTHCHECK')[0], /\/healthz/);
});

t.test('every setting is documented', async (t) => {
  const page = readFileSync(inRepository('docs/server.md'), 'utf8');
  for (const { long, envVar, defaultValue } of serveCommand().options) {
    if (!envVar) continue;
    const row = page.split('\n').find((line) => line.includes(`\`${long}\``));
    t.ok(row?.includes(`\`${envVar}\``), `${long}: ${envVar}`);
    if (typeof defaultValue === 'number')
      t.ok(row?.replaceAll(',', '').includes(` ${defaultValue} `), `${long}: its default, ${defaultValue}`);
  }
});
