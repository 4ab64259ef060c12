import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { inferQuerySchema, inferRequestSchema, type InferReply } from '../api/schemas.js';
import { CutOff, mediaType, parseJson, readBody } from '../http/body.js';
import { HttpError, parse } from '../http/errors.js';
import { ISOLATION } from '../http/security.js';
import type { Inference } from '../models/inference.js';

/** Longest JSON body: its model is known only once it is read. */
const JSON_LIMIT = 16 * 2 ** 20;

/** Written once: the general middleware costs more than the inference of a small network. */
const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  ...ISOLATION,
} as const;

/** Told how long each inference took, in ms. */
export type OnInference = (model: string, ms: number) => void;

/** `POST /api/infer`, ahead of all middleware that it does not need. */
export function inferRoute(inference: Inference, onInference: OnInference): RequestHandler {
  const answer = async (request: IncomingMessage): Promise<InferReply> => {
    const type = mediaType(request);
    if (type === 'application/octet-stream') return inferBytes(inference, request);
    if (type === 'application/json') return inferJson(inference, request);
    throw new HttpError(
      415,
      `content-type: expected application/octet-stream or application/json, got ${type || 'none'}`,
    );
  };
  return async (request, response, next) => {
    try {
      const reply = await answer(request);
      onInference(reply.model, reply.ms);
      sendJson(response, JSON.stringify(reply));
    } catch (error) {
      if (error instanceof CutOff) response.destroy();
      else next(error);
    }
  };
}

async function inferBytes(inference: Inference, request: IncomingMessage): Promise<InferReply> {
  const { model, version } = queryOf(request.url!);
  const runner = inference.ready(model, version) ?? (await inference.get(model, version));
  return runner.runBytes(await readBody(request, 4 * runner.size));
}

async function inferJson(inference: Inference, request: IncomingMessage): Promise<InferReply> {
  const json = parseJson(await readBody(request, JSON_LIMIT), 'body');
  const { model, version, input } = parse(inferRequestSchema, json, 'body');
  const runner = inference.ready(model, version) ?? (await inference.get(model, version));
  return runner.runValues(input);
}

function queryOf(url: string): { model: string; version: string } {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const given = Object.fromEntries(['model', 'version'].map((key) => [key, query.get(key) ?? undefined]));
  return parse(inferQuerySchema, given, 'query');
}

function sendJson(response: ServerResponse, body: string): void {
  response.writeHead(200, { ...HEADERS, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
