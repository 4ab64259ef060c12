/** The inputs of a TensorFlow graph: their shapes come from the model, and where it leaves them open from the caller. */
import { elements } from '../../graph/index.js';
import { ImportError, importErrors } from '../errors.js';
import type { ImportOptions } from '../importer.js';
import type { GraphNode } from './definitions.js';

/** One input, or what stands for it. */
export interface GraphInput {
  name: string;
  /** Full. */
  shape: number[];
  /** Where the caller fixes the input: row-major. */
  values?: number[];
}

/**
 * @param placeholders that are read, in the model's order
 * @throws ImportError with all inputs whose shape is open, at once
 */
export function graphInputs(
  placeholders: readonly GraphNode[],
  options: ImportOptions,
  source: string,
): GraphInput[] {
  checkNames(placeholders, options, source);
  const resolved = placeholders.map((node) => resolve(node, options, placeholders));
  const faults = resolved.filter((input) => typeof input === 'string');
  if (faults.length === 0) return resolved.filter((input) => typeof input !== 'string');
  const what = `${source}: expected inputs of fixed shape; pass { inputShape }, or { inputShapes } by name, without batch`;
  throw importErrors('shape', what, faults);
}

function resolve(node: GraphNode, options: ImportOptions, all: readonly GraphNode[]): GraphInput | string {
  const { name } = node;
  const fixed = options.inputValues?.[name];
  const values = fixed === undefined ? undefined : [fixed].flat();
  const dims = dimsOf(node);
  if (/STRING|COMPLEX/.test(String(node.raw.dtype?.type))) return `${name}: expected numbers, got texts`;
  const given = options.inputShapes?.[name] ?? (isOnlyOpen(node, all) ? options.inputShape : undefined);
  const shape = fullShape(dims, given ?? (values && (Array.isArray(fixed) ? [values.length] : [])));
  if (!shape) return `${name}: [${dims ?? 'unknown'}]${given ? `, which [${given}] does not fit` : ''}`;
  if (values && values.length !== elements(shape)) return `${name}: [${shape}], got ${values.length} values`;
  return { name, shape, ...(values && { values }) };
}

/** The model's dimensions, -1 where open; undefined where not even the rank is known. */
function dimsOf({ attributes: { shape } }: GraphNode): number[] | undefined {
  return Array.isArray(shape) ? shape.map(Number) : undefined;
}

/** `inputShape` speaks of the one input that needs it. */
function isOnlyOpen(node: GraphNode, all: readonly GraphNode[]): boolean {
  const open = all.filter((other) => !fullShape(dimsOf(other), undefined));
  return open.length === 1 ? open[0] === node : all.length === 1;
}

/** An open first dimension is the batch, 1. `given` leaves it out, or is the whole shape. */
function fullShape(dims: number[] | undefined, given: readonly number[] | undefined): number[] | undefined {
  const known = dims ?? (given ? [1, ...given] : undefined);
  if (!known) return undefined;
  const own = known.map((dim, axis) => (axis === 0 && dim < 0 ? 1 : dim));
  const missing = given && own.length - given.length;
  if (missing !== undefined && missing !== 0 && missing !== 1) return undefined;
  const shape = own.map((dim, axis) => (dim < 0 && given ? given[axis - missing!] : dim));
  const isFixed = shape.every((dim) => Number.isInteger(dim) && dim >= 1);
  const agrees = !given || given.every((dim, i) => dim === shape[i + missing!]);
  return isFixed && agrees ? shape : undefined;
}

function checkNames(placeholders: readonly GraphNode[], options: ImportOptions, source: string): void {
  const names = placeholders.map(({ name }) => name);
  const asked = Object.keys({ ...options.inputShapes, ...options.inputValues });
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ImportError('shape', `${source}: expected inputs among ${names.join(', ')}, got '${unknown}'`);
}
