import type { Request, Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { nameSchema } from '../api/schemas.js';
import { HttpError, shown } from '../http/errors.js';
import type { Limits } from '../settings.js';

/** Files that are a model, or name its others. */
const MODELS = /\.(h5|hdf5|keras|tflite|onnx)$/i;
const MANIFEST = /\.json$/i;

const MB = 2 ** 20;

/** Writes files under their own names into `folder`, `most` bytes in all. Nothing looks into them. */
function storageIn(folder: string, most: number): StorageEngine {
  const names = new Set<string>();
  let total = 0;
  const counter = (): Transform =>
    new Transform({
      transform(part: Buffer, _encoding, done) {
        total += part.length;
        done(total > most ? tooLarge(most, `more than ${most / MB} MB`) : null, part);
      },
    });
  return {
    _handleFile: (_request, file, done) => {
      const name = file.originalname;
      if (!nameSchema.safeParse(name).success || names.has(name))
        return done(
          new HttpError(
            400,
            `model: expected files of different names of letters, digits, ., _ and -, got ${shown(name)}`,
          ),
        );
      names.add(name);
      const path = join(folder, name);
      pipeline(file.stream, counter(), createWriteStream(path, { flags: 'wx', mode: 0o600 })).then(
        () => done(null, { path, filename: name }),
        done,
      );
    },
    // the whole folder goes where an upload fails
    _removeFile: (_request, _file, done) => done(null),
  };
}

const tooLarge = (most: number, got: string): HttpError =>
  new HttpError(413, `upload: expected at most ${most / MB} MB, got ${got}`);

/** Text fields of a form, and names of its files. */
export interface Upload {
  fields: Record<string, string>;
  files: string[];
}

/** Reads a job's form; its files go into `folder`. @throws HttpError 400, 413, 415 */
export async function receive(
  request: Request,
  response: Response,
  folder: string,
  { uploadMb, uploadFiles }: Limits,
): Promise<Upload> {
  if (!request.is('multipart/form-data'))
    throw new HttpError(
      415,
      `content-type: expected multipart/form-data, got ${request.headers['content-type'] ?? 'none'}`,
    );
  const declared = Number(request.headers['content-length'] ?? 0);
  const most = uploadMb * MB;
  // boundaries and fields beside the files
  if (declared > most + MB) throw tooLarge(most, `${Math.ceil(declared / MB)} MB`);
  const read = multer({
    storage: storageIn(folder, most),
    limits: {
      files: uploadFiles,
      fields: 8,
      parts: uploadFiles + 8,
      fieldSize: 64 * 1024,
      fieldNameSize: 50,
      headerPairs: 20,
    },
  }).array('model');
  await new Promise<void>((resolve, reject) => {
    void read(request, response, (error: unknown) => (error ? reject(explain(error as Error)) : resolve()));
  });
  const fields = Object.entries(request.body as Record<string, string>).filter(([, text]) => text !== '');
  return {
    fields: Object.fromEntries(fields),
    files: (request.files as Express.Multer.File[]).map(({ filename }) => filename),
  };
}

/** The parser's own errors have no code and no status: they are about the form. */
function explain(error: Error & { code?: string; status?: number }): Error {
  if (error.code !== undefined || error.status !== undefined) return error;
  return new HttpError(400, `upload: expected a whole multipart form, got: ${error.message}`);
}

/** The file of an upload that is the model, or names its shards. @throws HttpError 415 */
export function modelFileOf(files: readonly string[]): string {
  const models = files.filter((name) => MODELS.test(name));
  const candidates = models.length > 0 ? models : files.filter((name) => MANIFEST.test(name));
  if (candidates.length === 1) return candidates[0];
  const got = files.length === 0 ? 'no files' : files.slice(0, 5).join(', ');
  throw new HttpError(
    415,
    `model: expected one model (model.json with its shards, .h5, .keras, .tflite or .onnx), got ${got}`,
  );
}
