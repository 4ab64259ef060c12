// Bundles `lopper/reference`: the plain loops without tfjs, and without what of an operator only the toolkit needs.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Properties of operators and functions that training, structured pruning and layouts use. */
const TOOLKIT_ONLY = new Set(['train', 'tfLayout', 'channels', 'prunable']);

/** Without those properties, and private names as plain ones: lowered to maps they would be slow. */
const strip = (context) => {
  const visit = (node) => {
    if (ts.isObjectLiteralElementLike(node) && TOOLKIT_ONLY.has(node.name?.getText())) return undefined;
    if (ts.isPrivateIdentifier(node)) return ts.factory.createIdentifier(`_${node.text.slice(1)}`);
    return ts.visitEachChild(node, visit, context);
  };
  return (file) => ts.visitNode(file, visit);
};

const withoutToolkit = {
  name: 'without-toolkit',
  setup(bundler) {
    bundler.onLoad({ filter: /src\/(ops|format|graph)\/[^/]+\.ts$/ }, ({ path }) => {
      const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
      const { transformed } = ts.transform(file, [strip]);
      return { contents: ts.createPrinter().printFile(transformed[0]), loader: 'ts' };
    });
    bundler.onResolve({ filter: /^@tensorflow\// }, () => ({ path: 'nothing', namespace: 'nothing' }));
    bundler.onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'export {};' }));
  },
};

/** dist/reference/lopper-reference.js and .cjs; esbuild's report of what is in them. */
export async function bundleReference() {
  const outputs = ['esm', 'cjs'].map((format) =>
    build({
      entryPoints: ['src/reference/portable.ts'],
      outfile: `dist/reference/lopper-reference.${format === 'esm' ? 'js' : 'cjs'}`,
      bundle: true,
      minify: true,
      format,
      platform: 'neutral',
      target: 'es2019',
      inject: ['src/reference/utf8.ts'],
      plugins: [withoutToolkit],
      // of a namespace that is empty: tfjs' functions, handed to what training has left
      logOverride: { 'import-is-undefined': 'silent' },
      logLevel: 'warning',
      metafile: true,
    }),
  );
  return (await Promise.all(outputs))[0].metafile;
}
