/** Data sets of this machine that jobs may use: the bundled ones, and those in $LOPPER_DATA. Nothing is fetched. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nameSchema } from '../../server/api/schemas.js';
import type { ListDatasets, ServedDataset } from '../../server/routes/recipes.js';

const TITLES: Record<string, string> = {
  mnist: 'MNIST, handwritten digits',
  cifar10: 'CIFAR-10, small photographs',
};

async function foldersIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder);
  return entries.filter((name) => nameSchema.safeParse(name).success).map((name) => join(folder, name));
}

/** Undefined where the folder holds no set, or one whose samples need to be told a size. */
async function describe(folder: string): Promise<ServedDataset | undefined> {
  const { loadDataset } = await import('../../train/data/index.js');
  const data = await loadDataset(folder).catch(() => undefined);
  if (!data) return undefined;
  const { name, classes, inputShape, train, test } = data;
  const title = TITLES[name] ?? name;
  return { name, title, folder, samples: train.count + test.count, classes, inputShape };
}

/** @param places folders of sets; of two with one name the first counts. They are read once, when first asked for */
export function datasetsIn(places: readonly string[]): ListDatasets {
  const read = async (): Promise<ServedDataset[]> => {
    const sets = new Map<string, ServedDataset>();
    for (const folder of (await Promise.all(places.map(foldersIn))).flat()) {
      const set = await describe(folder);
      if (set && !sets.has(set.name)) sets.set(set.name, set);
    }
    return [...sets.values()];
  };
  let sets: Promise<ServedDataset[]> | undefined;
  return () => (sets ??= read());
}
