import type { IncomingMessage, ServerResponse } from 'node:http';
import { inferQuerySchema, inferRequestSchema, type InferReply } from '../api/schemas.js';
import { CutOff, mediaType, parseJson, readBody } from '../http/body.js';
import { HttpError, parse } from '../http/errors.js';
import type { RateWindow } from '../http/rate-limits.js';
import { ISOLATION } from '../http/security.js';
import { Turns } from '../http/turns.js';
import type { Inference } from '../models/inference.js';

/** Longest JSON body, as its model is known only once it is read: 224 x 224 x 3 numbers of 20 digits are 3 MB. */
const JSON_LIMIT = 4 * 2 ** 20;

const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  ...ISOLATION,
} as const;

export interface InferOptions {
  inference: Inference;
  rate: RateWindow;
  /** Told how long each inference took, in ms. */
  onInference(model: string, ms: number): void;
  /** Told how each request ended, and how long it took in ms. */
  onAnswer(status: number, ms: number): void;
  /** What went wrong in here, not in the request. */
  onFault(error: Error): void;
}

export type InferHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** True for what `inferHandler` answers. */
export function isInfer({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url!.startsWith('/api/infer') && (url!.length === 10 || url![10] === '?');
}

/**
 * `POST /api/infer` without Express, whose way to a handler costs several times the inference of a small network
 * (docs/server.md, Load).
 */
export function inferHandler({
  inference,
  rate,
  onInference,
  onAnswer,
  onFault,
}: InferOptions): InferHandler {
  const turns = new Turns();
  const answer = async (request: IncomingMessage): Promise<InferReply> => {
    rate.count(request);
    const run = await (mediaType(request) === 'application/json' ? fromJson : fromBytes)(inference, request);
    await turns.next();
    const reply = run();
    onInference(reply.model, reply.ms);
    return reply;
  };
  return async (request, response) => {
    const begin = performance.now();
    try {
      const reply = await answer(request);
      sendJson(response, 200, reply);
      onAnswer(200, performance.now() - begin);
    } catch (error) {
      if (error instanceof CutOff) return void response.destroy();
      if (!(error instanceof HttpError)) onFault(error as Error);
      const { status, message, headers } = error instanceof HttpError ? error : FAULT;
      sendJson(response, status, { error: message }, { ...headers, ...(!request.complete && CLOSE) });
      onAnswer(status, performance.now() - begin);
    }
  };
}

const FAULT = new HttpError(500, 'the server failed');
/** What is left of a body that is not read would be taken for the next request. */
const CLOSE = { Connection: 'close' };

async function fromBytes(inference: Inference, request: IncomingMessage): Promise<() => InferReply> {
  const type = mediaType(request);
  if (type !== 'application/octet-stream')
    throw new HttpError(
      415,
      `content-type: expected application/octet-stream or application/json, got ${type || 'none'}`,
    );
  const { model, version } = queryOf(request.url!);
  const runner = inference.ready(model, version) ?? (await inference.get(model, version));
  const body = await readBody(request, 4 * runner.size);
  return () => runner.runBytes(body);
}

async function fromJson(inference: Inference, request: IncomingMessage): Promise<() => InferReply> {
  const json = parseJson(await readBody(request, JSON_LIMIT), 'body');
  const { model, version, input } = parse(inferRequestSchema, json, 'body');
  const runner = inference.ready(model, version) ?? (await inference.get(model, version));
  return () => runner.runValues(input);
}

type Query = { model: string; version: string };
/** Clients ask for the same again and again. */
const queries = new Map<string, Query>();
const MOST_QUERIES = 256;

function queryOf(url: string): Query {
  const known = queries.get(url);
  if (known) return known;
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1 || url.length));
  const given = Object.fromEntries(['model', 'version'].map((key) => [key, query.get(key) ?? undefined]));
  const parsed = parse(inferQuerySchema, given, 'query');
  if (queries.size < MOST_QUERIES) queries.set(url, parsed);
  return parsed;
}

function sendJson(response: ServerResponse, status: number, value: object, more: object = {}): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { ...HEADERS, ...more, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
