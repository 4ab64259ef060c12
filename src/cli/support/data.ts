import type { Dataset } from '../../train/index.js';
import { note } from './output.js';
import { createProgress } from './progress.js';

export interface DataOptions {
  split?: 'train' | 'test';
  signal?: AbortSignal;
}

/** Loads a labelled set by name or folder; fetches a public one that is nowhere on this machine, with progress. */
export async function openData(name: string, options: DataOptions = {}): Promise<Dataset> {
  const { loadDataset } = await import('../../train/data/index.js');
  const progress = createProgress(`fetching ${name}`);
  try {
    return await loadDataset(name, {
      ...options,
      fetch,
      onLog: note,
      onProgress: (file, received, total) => progress.update(received, total || received, file),
    });
  } finally {
    progress.stop();
  }
}
