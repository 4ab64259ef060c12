import { scripts, type Engine, type EngineScript } from './engine.js';

/** `src/reference`, which the build makes a script of its own. */
interface Reference {
  loadReference(bytes: Uint8Array): { run(...inputs: Float32Array[]): ArrayLike<number>[] };
}

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: expected status 200, got ${response.status}; reload the page`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The same file in plain JavaScript loops. */
export const open: EngineScript['open'] = async ({ url, bytes }): Promise<Engine> => {
  const { loadReference } = (await import(scripts.reference!)) as Reference;
  const model = loadReference(bytes ?? (await bytesOf(url!)));
  return {
    run: (input) => model.run(input)[0],
    memoryBytes: () => null,
    note: 'plain loops',
    dispose: () => {},
  };
};
