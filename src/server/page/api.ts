/** What the server answers, and how it is asked. */
import type { Preprocessing } from '../../preprocess/preprocessing.js';

/** One pruned file of a model. */
export interface Version {
  id: string;
  url: string;
  bytes: number;
  dtype: 'int8' | 'f32' | 'mixed';
  params: number;
  kept: number;
  sparsity: number | null;
  accuracy: number | null;
  report: string | null;
}

/** An entry of `GET /api/models` that can be used; `versions` are sorted by kept weights, most first. */
export interface PageModel {
  name: string;
  title: string;
  labels: string[] | null;
  inputShape: number[];
  preprocessing: Preprocessing | null;
  dense: {
    url: string;
    format: string;
    bytes: number;
    accuracy: number | null;
    params: number | null;
    onnx: { url: string; bytes: number } | null;
  } | null;
  versions: Version[];
  /** Made here, and not among the server's models. */
  own?: boolean;
}

export interface BrokenModel {
  name: string;
  error: string;
}

/** An answer that is not 2xx: the server's own words, and its status. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function failure(response: Response): Promise<ApiError> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  const { pathname } = new URL(response.url);
  return new ApiError(
    response.status,
    error ?? `${pathname}: expected an answer, got status ${response.status}; try again`,
  );
}

/** Asks, and reads the JSON of the answer. @throws ApiError for a status that is not 2xx */
export async function ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(path, init);
  if (!response.ok) throw await failure(response);
  return (await response.json()) as Answer;
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export const isUsable = (model: PageModel | BrokenModel): model is PageModel => !('error' in model);

export async function listModels(): Promise<(PageModel | BrokenModel)[]> {
  return (await ask<{ models: (PageModel | BrokenModel)[] }>('/api/models')).models;
}
