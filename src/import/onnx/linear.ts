/** Gemm, MatMul, Einsum: dense layers where the second matrix is a constant, else products of matrices. */
import { elements } from '../../graph/index.js';
import { ImportError } from '../errors.js';
import type { ForeignWeightData } from '../values.js';
import type { Call, Convert } from './call.js';
import { constantWeight, emitLinear } from './int8.js';
import { natural, naturalOrder, permute, reshape, type Operand } from './operand.js';

/** y = alpha * A' * B' + beta * C */
const gemm: Convert = (call) => {
  const first = call.input(0);
  const a = call.int('transA', 0) === 1 ? permute(first, [1, 0]) : first;
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const isTransposed = call.int('transB', 0) === 1;
  const w = call.input(1);
  const bias = gemmBias(call, isTransposed ? w.shape[0] : w.shape[1], beta);
  if (w.stored.constant && alpha === 1 && bias !== 'tensor')
    return constantProduct(call.on([a, ...call.operands.slice(1)]), isTransposed ? 0 : 1, bias);
  const product = matrixProduct(call, a, isTransposed ? permute(w, [1, 0]) : w);
  const scaled = scaledBy(call, product, alpha, 'alpha');
  const c = call.optional(2);
  return c ? call.elementwise('add', [scaled, scaledBy(call, c, beta, 'beta')]) : scaled;
};

function scaledBy(call: Call, x: Operand, factor: number, name: string): Operand {
  if (factor === 1) return x;
  return call.elementwise('mul', [x, call.scalar(factor)], {}, x.kind, `${call.name}/${name}`);
}

/** C as a vector of the outputs, times beta; 'tensor' where it is none. */
function gemmBias(call: Call, outputs: number, beta: number): Float32Array | undefined | 'tensor' {
  const c = call.optional(2);
  if (!c) return undefined;
  const { constant } = c.stored;
  const isRow = elements(c.shape) === 1 || (elements(c.shape) === outputs && c.shape.at(-1) === outputs);
  if (!constant || !isRow) return 'tensor';
  return Float32Array.from({ length: outputs }, (_, o) => beta * constant[constant.length === 1 ? 0 : o]);
}

/**
 * x [.., K] times a constant matrix: a dense layer, or on several rows a 1x1 convolution, so that its kernel is pruned
 * and quantized like any other. Where x is an image flattened as channels first the kernel's columns take x's order.
 * @param outputAxis of the outputs in the matrix
 */
function constantProduct(call: Call, outputAxis: 0 | 1, bias?: Float32Array): Operand {
  const x = call.input(0);
  const w = call.input(1);
  const [outputs, inputs] = [w.shape[outputAxis], w.shape[1 - outputAxis]];
  const lead = x.shape.slice(0, -1);
  if (w.shape.length !== 2 || x.shape.at(-1) !== inputs)
    throw new ImportError('shape', `expected a matrix for [${x.shape}], got [${w.shape}]`);
  const rows = elements(lead);
  const isDense = rows === 1;
  return emitLinear(call, {
    op: isDense ? 'dense' : 'conv2d',
    attributes: {},
    input: (value) => {
      if (isDense) return call.builder.reshape(value.stored, [1, inputs], call.name);
      return call.arrange(value, naturalOrder(x.shape.length), [1, 1, rows, inputs]);
    },
    output: (stored) => natural(call.builder.reshape(stored, [...lead, outputs], call.name), 'float'),
    kernel: (matrix) => {
      const turned = outputAxis === 1 ? permute(matrix, [1, 0]) : matrix;
      if (isDense) return denseKernel(call, turned, x);
      return constantWeight(call, turned, [0, 1], [outputs, 1, 1, inputs]);
    },
    kernelAxis: outputAxis,
    bias,
  });
}

/** [O, I] with its columns as the numbers of `x` lie. */
function denseKernel(call: Call, matrix: Operand, x: Operand): ForeignWeightData {
  const [outputs, inputs] = matrix.shape;
  const factors = x.axes.at(-1)!.filter((axis) => x.sizes[axis] > 1);
  const order = naturalOrder(factors.length).sort((one, other) => factors[one] - factors[other]);
  const cut = reshape(call.builder, matrix, [outputs, ...factors.map((axis) => x.sizes[axis])], call.name);
  return constantWeight(call, cut, [0, ...order.map((at) => at + 1)], [outputs, inputs]);
}

const matMul: Convert = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  if (b.stored.constant && b.shape.length === 2 && !a.stored.constant) return constantProduct(call, 1);
  return matrixProduct(call, a, b);
};

/** numpy's matmul: a vector is a row before, a column behind. */
function matrixProduct(call: Call, a: Operand, b: Operand, name = call.name): Operand {
  const { builder } = call;
  const row = a.shape.length === 1 ? reshape(builder, a, [1, ...a.shape], name) : a;
  const column = b.shape.length === 1 ? reshape(builder, b, [...b.shape, 1], name) : b;
  const product = builder.matmul(name, call.natural(row), call.natural(column));
  const isPlain = row === a && column === b;
  const shape = product.shape.slice();
  if (column !== b) shape.pop();
  if (row !== a) shape.splice(column === b ? -2 : -1, 1);
  return natural(isPlain ? product : builder.reshape(product, shape, name), 'float');
}

/** FusedMatMul of com.microsoft: matrices transposed first, the product times alpha. */
const fusedMatMul: Convert = (call) => {
  const turned = (x: Operand, flag: string): Operand => {
    if (call.int(flag, 0) === 0) return x;
    const rank = x.shape.length;
    return permute(x, [...naturalOrder(rank - 2), rank - 1, rank - 2]);
  };
  const product = matrixProduct(call, turned(call.input(0), 'transA'), turned(call.input(1), 'transB'));
  return scaledBy(call, product, call.float('alpha', 1), 'alpha');
};

/**
 * Two operands, no axis twice in one: [both.., left.., summed..] times [both.., summed.., right..] as one product of
 * matrices.
 */
const einsum: Convert = (call) => {
  const equation = call.text('equation', '').replaceAll(' ', '');
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)$/.exec(equation);
  const [left, right, out] = match ? match.slice(1).map((letters) => letters.split('')) : [[], [], []];
  const isPlain = match && [left, right, out].every((list) => new Set(list).size === list.length);
  const [a, b] = [call.input(0), call.operands[1]];
  const kept = (list: string[], other: string[]): boolean =>
    list.every((l) => other.includes(l) || out.includes(l));
  if (!isPlain || !b || !kept(left, right) || !kept(right, left)) {
    throw call.fault(
      `equation: expected two operands without repeated or lone summed axes, got '${equation}'`,
    );
  }
  const both = left.filter((letter) => right.includes(letter) && out.includes(letter));
  const summed = left.filter((letter) => right.includes(letter) && !out.includes(letter));
  const ofLeft = left.filter((letter) => !right.includes(letter));
  const ofRight = right.filter((letter) => !left.includes(letter));
  const sizes = new Map([
    ...left.map((l, i) => [l, a.shape[i]] as const),
    ...right.map((l, i) => [l, b.shape[i]] as const),
  ]);
  const dims = (letters: string[]): number[] => letters.map((letter) => sizes.get(letter)!);
  const matrix = (x: Operand, from: string[], rows: string[], columns: string[]): Operand => {
    const turned = permute(
      x,
      [...both, ...rows, ...columns].map((letter) => from.indexOf(letter)),
    );
    const shape = [...dims(both), elements(dims(rows)), elements(dims(columns))];
    return reshape(call.builder, turned, shape, call.name);
  };
  const product = matrixProduct(call, matrix(a, left, ofLeft, summed), matrix(b, right, summed, ofRight));
  const order = [...both, ...ofLeft, ...ofRight];
  const full = reshape(call.builder, product, dims(order), call.name);
  return permute(
    full,
    out.map((letter) => order.indexOf(letter)),
  );
};

export const linear: Record<string, Convert> = {
  Gemm: gemm,
  MatMul: matMul,
  FusedMatMul: fusedMatMul,
  Einsum: einsum,
};
