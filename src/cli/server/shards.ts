import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

interface Manifest {
  weightsManifest?: { paths?: unknown }[];
}

/**
 * Files that an uploaded model.json names must have been uploaded with it, in one folder: said before the importer, which refuses
 * paths that leave the folder too, names what is missing by its place on this machine.
 */
export async function checkShards(model: string): Promise<void> {
  const bytes = await readFile(model);
  // as the importers see it: what begins with a brace is a model.json, whatever it is called
  if (bytes[0] !== 0x7b && !/\.json$/i.test(model)) return;
  for (const path of shardsOf(bytes)) {
    const isPlain =
      typeof path === 'string' && path !== '' && path === basename(path) && !path.includes('\\');
    if (!isPlain)
      throw new Error(
        `${basename(model)}: expected weight files beside it, got ${JSON.stringify(path)}; write the plain name`,
      );
    if (!existsSync(join(dirname(model), path)))
      throw new Error(`${basename(model)}: expected ${path} to be uploaded with it, got no such file`);
  }
}

/** What is no JSON, or not a manifest, is for the importer to explain. */
function shardsOf(bytes: Uint8Array): unknown[] {
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    return Array.isArray(weightsManifest) ? weightsManifest.flatMap((group) => group?.paths ?? []) : [];
  } catch {
    return [];
  }
}
