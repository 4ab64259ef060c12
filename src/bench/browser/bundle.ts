import { fileURLToPath } from 'node:url';

/** The page's script, bundled with its peers. Throws where esbuild, a development dependency, is not installed. */
export async function bundlePage(): Promise<Uint8Array> {
  const { build } = await import('esbuild').catch((cause: unknown) => {
    throw new Error('--browser: expected esbuild installed, got none; run npm install in the repository', {
      cause,
    });
  });
  // The compiled page beside this file, or, where the sources run, the source.
  const here = fileURLToPath(import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [here.replace(/bundle\.(js|ts)$/, 'page.$1')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}
