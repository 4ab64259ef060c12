/**
 * A model's inputs and outputs. An image that ONNX has as [N,C,H,W] is [H,W,C] at the graph's ends too: what the
 * runtime, data sets and the page hold.
 */
import { ImportError } from '../errors.js';
import type { ForeignBuilder } from '../foreign-builder.js';
import type { Value } from '../values.js';
import { elementwise } from './elementwise.js';
import {
  arrange,
  arrangeNaturally,
  channelsLast,
  isNatural,
  natural,
  ordered,
  orderOf,
  type Operand,
} from './operand.js';
import type { OnnxValueInfo } from './proto.js';
import type { Readers } from './readers.js';
import { elementType } from './tensors.js';

/** Operators whose first input is [N,C,..]. */
const IMAGE_READERS = new Set([
  'Conv',
  'ConvTranspose',
  'MaxPool',
  'AveragePool',
  'LpPool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'GlobalLpPool',
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'Resize',
  'Upsample',
  'DepthToSpace',
  'SpaceToDepth',
]);

const SEQUENCE_READERS = new Set(['LSTM', 'GRU', 'RNN']);

/** Operators behind which axes mean what they meant before. */
const KEEPING = new Set([
  ...Object.keys(elementwise),
  'QuantizeLinear',
  'DequantizeLinear',
  'Pad',
  'Slice',
  'Concat',
]);

/** True where one of `ops` reads the value, perhaps behind operators that keep its axes. */
function reaches(readers: Readers, value: string, ops: ReadonlySet<string>): boolean {
  const seen = new Set<string>();
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const node of readers.of(name)) {
      if (ops.has(node.op) && node.inputs[0] === name) return true;
      const next = KEEPING.has(node.op) ? node.outputs.filter((output) => !seen.has(output)) : [];
      next.forEach((output) => seen.add(output));
      open.push(...next);
    }
  }
  return false;
}

interface InputSettings {
  file: string;
  /** The user's shape, without batch, as the graph has it. */
  given?: number[];
}

/** The graph's input for one of the model's, and how its axes were reordered. */
export function inputOperand(
  b: ForeignBuilder,
  info: OnnxValueInfo,
  readers: Readers,
  settings: InputSettings,
): { operand: Operand; layout?: string } {
  const { name, dims } = info;
  const what = `${settings.file}: input '${name}'`;
  const { kind } = elementType(info.elementType, what);
  if (!dims) throw new ImportError('shape', `${what}: expected a tensor of known rank, got none`);
  const rank = dims.length;
  if ((rank === 3 || rank === 4) && reaches(readers, name, IMAGE_READERS)) {
    const order = channelsLast(rank);
    const shape = resolved(
      order.map((axis) => dims[axis]),
      0,
      what,
      settings.given,
    );
    const layout = rank === 4 ? 'nchw -> nhwc' : 'ncw -> nwc';
    return { operand: ordered(b.input(name, shape), kind, order), layout };
  }
  if (rank === 3 && reaches(readers, name, SEQUENCE_READERS) && isStepsFirst(readers, name)) {
    const shape = resolved([dims[1], dims[0], dims[2]], 0, what, settings.given);
    return { operand: ordered(b.input(name, shape), kind, [1, 0, 2]), layout: 'tni -> nti' };
  }
  return { operand: plainInput(b, info, what, settings.given) };
}

/** False where a reader takes the batch first. */
function isStepsFirst(readers: Readers, name: string): boolean {
  return readers.of(name).every((node) => node.attributes.get('layout')?.int !== 1);
}

/** A first axis that is open or 1 is the batch; another one is part of the sample. */
function plainInput(
  b: ForeignBuilder,
  { name, dims, elementType: type }: OnnxValueInfo,
  what: string,
  given?: number[],
): Operand {
  const { kind } = elementType(type, what);
  const [first] = dims!;
  if (typeof first === 'number' && first > 1) {
    const shape = resolved([1, ...dims!], 0, what, given);
    const stored = b.input(name, shape);
    const axes = dims!.map((_, axis) => [axis + 1]);
    return { shape: shape.slice(1), stored, sizes: shape, axes, kind };
  }
  return natural(b.input(name, dims!.length === 0 ? [] : resolved(dims!, 0, what, given)), kind);
}

/** Numbers for all axes: the batch is 1, others are as the model or the user says. */
function resolved(
  dims: readonly (number | string)[],
  batch: number,
  what: string,
  given?: number[],
): number[] {
  if (given && given.length !== dims.length - 1)
    throw new ImportError(
      'shape',
      `${what}: expected inputShape of ${dims.length - 1} numbers, got [${given}]`,
    );
  const known = dims.map((dim, axis) => {
    if (axis === batch) return 1;
    return typeof dim === 'number' && dim > 0 ? dim : given?.[axis - 1];
  });
  if (known.every((dim) => dim !== undefined)) return known;
  const open = dims.map((dim) => (dim === '' ? '?' : dim)).join(',');
  throw new ImportError(
    'shape',
    `${what}: expected known dimensions, got [${open}]; pass { inputShape } without batch`,
  );
}

/** The graph's output for one of the model's: real values, images channels last. */
export function outputValue(
  b: ForeignBuilder,
  result: Operand,
  name: string,
  hasSequences: boolean,
): { value: Value; layout?: string } {
  const { stored } = result;
  const real = stored.quantization && b.op(name, 'dequantize', [stored], {}, {}, stored.shape);
  const operand = real ? { ...result, stored: real } : result;
  const rank = operand.shape.length;
  const isImage = (rank === 4 || (rank === 3 && hasSequences)) && !isNatural(operand);
  const order = channelsLast(rank);
  if (isImage && `${orderOf(operand)}` === `${order}`) {
    const layout = rank === 4 ? 'nchw -> nhwc' : 'ncw -> nwc';
    return { value: arrange(b, operand, order, name), layout };
  }
  return { value: arrangeNaturally(b, operand, name) };
}
