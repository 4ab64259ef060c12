/** The packed runtime's types, in each way in which TypeScript finds packages, for modules and CommonJS. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { ModuleKind, ModuleResolutionKind } = ts;

const MODES = {
  'node16, a module': ['api.mts', ModuleKind.Node16, ModuleResolutionKind.Node16],
  'node16, CommonJS': ['api.cts', ModuleKind.Node16, ModuleResolutionKind.Node16],
  'nodenext, a module': ['api.mts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
  'nodenext, CommonJS': ['api.cts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
  bundler: ['api.ts', ModuleKind.ESNext, ModuleResolutionKind.Bundler],
} as const;

const app = t.testdir({});
execFileSync(process.execPath, [`${ROOT}scripts/pack-runtime.mjs`, `${app}/node_modules/lopper-runtime`]);
mkdirSync(app, { recursive: true });

const libraries = new Map<string, ts.SourceFile | undefined>();

/** Parses TypeScript's own libraries once for all modes. */
function hostFor(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...more) => {
    if (!/\/lib\.[^/]*\.d\.ts$/.test(name)) return read(name, version, ...more);
    if (!libraries.has(name)) libraries.set(name, read(name, version, ...more));
    return libraries.get(name);
  };
  return host;
}

for (const [what, [name, module, moduleResolution]] of Object.entries(MODES))
  t.test(what, async (t) => {
    copyFileSync(`${ROOT}test/runtime/types/api.ts`, `${app}/${name}`);
    const options: ts.CompilerOptions = {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      // nothing of Node: the runtime's types are whole without
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    const program = ts.createProgram([`${app}/${name}`], options, hostFor(options));
    const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file && file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${file?.fileName.replace(app, '')}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    t.same(errors, []);
    const found = program.getSourceFiles().map(({ fileName }) => fileName);
    const entry = name === 'api.cts' ? 'node.d.cts' : name === 'api.mts' ? 'node.d.ts' : 'index.d.ts';
    t.ok(
      found.some((file) => file.endsWith(`/dist/runtime/${entry}`)),
      entry,
    );
  });
