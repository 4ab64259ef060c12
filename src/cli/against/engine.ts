/** A foreign model in its own engine. Engines are loaded when needed; where a package is absent, the message says how to get it. */
import type { Executor } from '../support/executor.js';
import type { ForeignOptions } from '../support/import-foreign.js';

/** How samples are given, and outputs wanted: as the Graph's executor has them. */
export type Ports = Pick<Executor, 'inputShape' | 'layouts'>;

type Open = (path: string, graph: Ports, options: ForeignOptions) => Promise<Executor>;

const ENGINES: readonly { opens: RegExp; load(): Promise<Open> }[] = [
  { opens: /\.onnx$/i, load: async () => (await import('./onnx.js')).openOnnx },
  { opens: /\.tflite$/i, load: async () => (await import('./tflite-executor.js')).openTflite },
  { opens: /\.(h5|hdf5|keras)$/i, load: async () => (await import('./keras.js')).openKeras },
  { opens: /(\.json|[/\\]|^[^.]*)$/i, load: async () => (await import('./tfjs.js')).openTfjs },
];

/** @throws Error where no engine here runs such a model, or its package is absent */
export async function openEngine(
  path: string,
  graph: Ports,
  options: ForeignOptions = {},
): Promise<Executor> {
  const kind = ENGINES.find(({ opens }) => opens.test(path)) ?? ENGINES[ENGINES.length - 1];
  const open = await kind.load();
  return open(path, graph, options);
}

/** Imports a package that is no dependency of the toolkit. */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(`${name}: expected it installed to compare with, got none; npm install ${name}`, {
      cause,
    });
  }
}
