/** A small folder of models and a page, and a server of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as rawRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeLop } from '../../src/format/index.js';
import { createApp, type AppOptions } from '../../src/server/app.js';
import { listen, type Listening } from '../../src/server/listen.js';
import { network } from '../bench/networks.js';
import { random } from '../helpers/random.js';

/** For `t.testdir`. */
export const FOLDERS = {
  secret: 'not yours',
  public: {
    'index.html': '<!doctype html><title>page</title>',
    assets: {
      'main.js': 'export {};',
      'main.js.gz': gzipSync('export {};'),
      'part-ABCD2345.js': 'export {};',
    },
    wasm: { 'runtime.wasm': Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) },
  },
  models: {
    README: 'not a model',
    broken: { 'model.lop': 'LOP1 but no more', dense: { 'model.json': '{}' } },
  },
};

/** `[4] -> dense -> [3]`, f32, with random weights. @returns the file */
export function makeModel(models: string, name: string, metadata: Record<string, unknown> = {}): Uint8Array {
  const graph = network([4], [{ op: 'dense', kernel: [3, 4], shape: [3] }], random());
  graph.tensors.get('t0')!.shape = [3];
  graph.metadata = {
    accuracy: 0.9876,
    sparsity: 0.5,
    preprocessing: { scale: 2, offset: -1 },
    labels: ['a', 'b', 'c'],
    ...metadata,
  };
  const bytes = writeLop(graph);
  const folder = join(models, name);
  mkdirSync(join(folder, 'dense'), { recursive: true });
  writeFileSync(join(folder, 'model.lop'), bytes);
  const weights = [
    { name: 'kernel', shape: [4, 3], dtype: 'float32' },
    { name: 'bias', shape: [3], dtype: 'float32' },
  ];
  const json = {
    userDefinedMetadata: { accuracy: 0.99 },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  writeFileSync(join(folder, 'dense', 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'dense', 'weights.bin'), Buffer.alloc(60));
  return bytes;
}

export const serve = (root: string, options: Partial<AppOptions> = {}): Promise<Listening> =>
  listen(createApp({ models: join(root, 'models'), publicDir: join(root, 'public'), ...options }), {
    port: 0,
  });

export interface RawReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** As a hostile client sends it: `fetch` would tidy the path up. */
export function raw(
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: string,
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const sent = rawRequest({ port, path, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

export const f32 = (...values: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Float32Array.from(values).buffer);
