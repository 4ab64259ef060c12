// TypeScript programs of test/ as scripts of Node: bundled by esbuild, packages outside.
import { build } from 'esbuild';

/** For whoever adds entry, outfile or plugins. */
export const NODE_BUNDLE = {
  bundle: true,
  platform: 'node',
  packages: 'external',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
};

/**
 * Bundles a program and runs it.
 * @param outfile as deep as the entry where its sources find dist/ by their own place
 */
export async function runBundled(entry, outfile) {
  await build({ ...NODE_BUNDLE, entryPoints: [entry], outfile });
  await import(new URL(`../${outfile}`, import.meta.url).href);
}
