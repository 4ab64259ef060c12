import type { Request, RequestHandler, Response, Router } from 'express';
import type { z } from 'zod';
import type { Operation } from '../api/operations.js';
import { HttpError, parse } from './errors.js';

type Output<T> = T extends z.ZodType ? z.output<T> : Record<string, never>;

/** What came with a request, checked as its operation says. */
export interface Given<O extends Operation> {
  request: Request;
  response: Response;
  params: Output<O['params']>;
  query: Output<O['query']>;
}

/** OpenAPI's `{id}` is Express' `:id`. */
export const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Mounts a handler where its operation says, behind the checks of its path and query. */
export function mount<const O extends Operation>(
  router: Router,
  operation: O,
  ...handlers: [...RequestHandler[], (given: Given<O>) => void | Promise<void>]
): void {
  const before = handlers.slice(0, -1) as RequestHandler[];
  const handle = handlers.at(-1) as (given: Given<O>) => void | Promise<void>;
  router[operation.method](expressPath(operation.path), ...before, async (request, response) => {
    const params = operation.params ? parsePath(operation.params, request) : {};
    const query = operation.query ? parse(operation.query, request.query, 'query') : {};
    await handle({ request, response, params, query } as Given<O>);
  });
}

/** A path that cannot be is one that is not there. */
function parsePath(schema: z.ZodObject, { params, path }: Request): unknown {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new HttpError(404, `${path}: not found`);
}
