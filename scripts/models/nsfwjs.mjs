/** Reads the models of the npm package nsfwjs 4.4.0, whose JSON and base64 weights are CommonJS modules. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Kinds of model in the package. */
export const NSFWJS_MODELS = { mobilenet_v2: 'layers', mobilenet_v2_mid: 'graph', inception_v3: 'layers' };

/**
 * @param {string} folder of the unpacked package
 * @param {string} name a key of NSFWJS_MODELS
 * @returns {{modelTopology: object, weightSpecs: object[], weightData: ArrayBuffer, format?: string}} as tfjs' load handlers
 *   and `importModel` take it
 */
export function readNsfwjs(folder, name) {
  const require = createRequire(import.meta.url);
  const path = (file) => join(folder, 'dist', 'models', name, `${file}.min.js`);
  const { weightsManifest, ...json } = require(path('model'));
  const parts = weightsManifest.flatMap(({ paths }) => paths.map((file) => Buffer.from(require(path(file)), 'base64')));
  return {
    ...json,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(Buffer.concat(parts)).buffer,
  };
}
