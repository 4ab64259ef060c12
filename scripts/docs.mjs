// Writes the API reference of package.json's entries to build/docs/api; fails where a public name has no docstring.
// usage: node scripts/docs.mjs [--check]   (--check writes nothing)
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Application, ReflectionKind } from 'typedoc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const KINDS =
  ReflectionKind.ClassOrInterface |
  ReflectionKind.TypeAlias |
  ReflectionKind.FunctionOrMethod |
  ReflectionKind.Variable |
  ReflectionKind.Property |
  ReflectionKind.Accessor;

/** The first declarations that an entry names: those of Node where it has some of its own. */
function typesOf(node) {
  if (typeof node === 'string') return undefined;
  return node.types ?? Object.values(node).map(typesOf).find(Boolean);
}

/** Sources by the name that one imports. */
function entries() {
  const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const typed = Object.entries(exports).filter(([, node]) => typesOf(node));
  return new Map(
    typed.map(([entry, node]) => [
      entry.replace('.', name),
      typesOf(node).replace('./dist/', 'src/').replace('.d.ts', '.ts'),
    ]),
  );
}

/** What has no docstring, but for fields of types that have no name, and what a class overrides. */
function undocumented(project) {
  const isNamed = ({ parent }) => !parent || (parent.kind !== ReflectionKind.TypeLiteral && isNamed(parent));
  const isSaid = (reflection) =>
    reflection.hasComment() ||
    reflection.overwrites !== undefined ||
    reflection.flags.isInherited ||
    (reflection.getAllSignatures?.() ?? []).some((signature) => signature.hasComment());
  return project
    .getReflectionsByKind(KINDS)
    .filter((reflection) => isNamed(reflection) && !isSaid(reflection))
    .map((reflection) => `${reflection.sources?.[0].fileName}: ${reflection.getFullName()}`);
}

const sources = entries();
const app = await Application.bootstrap({
  name: 'Lopper',
  entryPoints: [...sources.values()],
  tsconfig: 'tsconfig.json',
  readme: 'none',
  excludePrivate: true,
  disableGit: true,
  sourceLinkTemplate: '{path}',
  logLevel: 'Error',
  validation: false,
});
const project = await app.convert();
if (!project) process.exit(1);
const missing = undocumented(project);
for (const line of missing) process.stderr.write(`${line} has no docstring\n`);
if (!process.argv.includes('--check')) {
  for (const module of project.children) {
    const found = [...sources].find(([, source]) => source === `src/${module.name}.ts`);
    if (found) module.name = found[0];
  }
  await app.generateDocs(project, 'build/docs/api');
}
process.exit(missing.length > 0 ? 1 : 0);
