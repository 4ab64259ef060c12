import { Router } from 'express';
import { extname } from 'node:path';
import { operations } from '../api/operations.js';
import { contentCaching } from '../http/caching.js';
import { HttpError } from '../http/errors.js';
import { mount, type Given } from '../http/mount.js';
import { sandboxed } from '../http/security.js';
import type { Catalog, ServedFile } from '../models/catalog.js';

function send({ request, response }: Pick<Given<never>, 'request' | 'response'>, file?: ServedFile): void {
  if (!file) throw new HttpError(404, `${request.path}: not found`);
  const extension = extname(file.path);
  if (extension === '.html') sandboxed(response);
  response.type(extension === '.lop' ? 'application/octet-stream' : extension);
  contentCaching(response, file.hash);
  response.sendFile(file.path, { cacheControl: false, etag: false, dotfiles: 'allow' });
}

/** The list of models and their files. */
export function modelRoutes(catalog: Catalog): Router {
  const router = Router();
  mount(router, operations.listModels, async ({ response }) => {
    response.set('Cache-Control', 'no-cache').json({ models: await catalog.list() });
  });
  mount(router, operations.getVersion, async (given) => {
    const { name, file } = given.params;
    if (file === 'dense.onnx') return sendOnnx(catalog, given);
    send(given, await catalog.file(name, file));
  });
  mount(router, operations.getDense, async (given) => {
    send(given, await catalog.denseFile(given.params.name, given.params.file));
  });
  return router;
}

async function sendOnnx(
  catalog: Catalog,
  { request, response, params }: Given<typeof operations.getVersion>,
): Promise<void> {
  const onnx = await catalog.denseOnnx(params.name);
  if (!onnx) throw new HttpError(404, `${request.path}: not found`);
  contentCaching(response, onnx.hash);
  response.type('application/octet-stream');
  response.send(Buffer.from(onnx.bytes.buffer, onnx.bytes.byteOffset, onnx.bytes.length));
}
