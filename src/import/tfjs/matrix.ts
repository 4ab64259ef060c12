/** Matrix products. With constant weights they are dense layers, or 1x1 convolutions along the rows: both prune and quantize. */
import { elements, transposed } from '../../graph/index.js';
import type { ForeignWeightData, Value } from '../values.js';
import type { Call, Converters } from './call.js';
import { fused, type Product } from './fused.js';

/** [.., M, K] x [.., K, N] */
function matMul(call: Call): Value {
  const [a, b] = [call.value('a'), call.value('b')];
  const [transposeA, transposeB] = [call.flag('transposeA'), call.flag('transposeB')];
  const outputs = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  return fused(call, outputs, product(call, a, b, transposeA, transposeB));
}

/** The product without what is fused to it. */
function product(call: Call, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Product {
  const { builder } = call;
  const isLinear = b.constant && !a.constant && !transposeA && elements(b.shape.slice(0, -2)) === 1;
  if (isLinear) return linear(call, a, kernelOf(b, transposeB));
  return (name, bias, activation) => {
    const matrix = builder.matmul(`${name}/matmul`, a, b, transposeA, transposeB);
    const added = builder.constant(bias.bias?.data ?? Float32Array.of(0), bias.bias?.shape ?? []);
    return builder.binary(name, 'add', matrix, added, { activation });
  };
}

/** [O, I] */
function kernelOf({ shape, constant }: Value, isTransposed: boolean): ForeignWeightData {
  const matrix = shape.slice(-2);
  const [rows, columns] = matrix;
  if (isTransposed) return { shape: [rows, columns], data: constant! };
  return { shape: [columns, rows], data: transposed(constant as Float32Array, matrix, [1, 0]) };
}

/** One row is dense; several are an image of one column. */
function linear({ builder }: Call, a: Value, kernel: ForeignWeightData): Product {
  const [outputs, inputs] = kernel.shape;
  const shape = [...a.shape.slice(0, -1), outputs];
  const rows = elements(a.shape.slice(0, -1));
  return (name, bias, activation) => {
    if (rows === 1) {
      const vector = builder.reshape(a, [1, a.shape[a.shape.length - 1]], `${name}/row`);
      return builder.op(name, 'dense', [vector], { activation }, { kernel, ...bias }, shape);
    }
    const column = builder.reshape(a, [1, rows, 1, a.shape[a.shape.length - 1]], `${name}/rows`);
    const pointwise = { shape: [outputs, 1, 1, inputs], data: kernel.data };
    return builder.op(name, 'conv2d', [column], { activation }, { kernel: pointwise, ...bias }, shape);
  };
}

/**
 * Two operands, each letter once in each: transposed to [batch.., M, K] and [batch.., K, N], where the batch letters are in
 * both and in the result, the K letters in both alone, and multiplied.
 */
function einsum(call: Call): Value {
  const { name, builder } = call;
  const [left, right, target] = termsOf(call);
  const [a, b] = [call.input(0), call.input(1)];
  if (a.shape.length !== left.length || b.shape.length !== right.length)
    throw call.wrong(
      'equation',
      `a letter for each axis of [${a.shape}] and [${b.shape}]`,
      `${left},${right}`,
    );
  const size = new Map([...left].map((letter, axis) => [letter, a.shape[axis]]));
  [...right].forEach((letter, axis) => size.set(letter, b.shape[axis]));
  const both = [...left].filter((letter) => right.includes(letter));
  const batch = both.filter((letter) => target.includes(letter));
  const shared = both.filter((letter) => !target.includes(letter));
  const rows = [...left].filter((letter) => !right.includes(letter));
  const columns = [...right].filter((letter) => !left.includes(letter));
  const sizes = (letters: string[]): number[] => letters.map((letter) => size.get(letter)!);
  const count = (letters: string[]): number => elements(sizes(letters));
  const arranged = (x: Value, text: string, order: string[], shape: number[]): Value => {
    const permutation = order.map((letter) => text.indexOf(letter));
    return builder.reshape(builder.transpose(x, permutation, `${name}/transpose`), shape, `${name}/operand`);
  };
  const m = arranged(a, left, [...batch, ...rows, ...shared], [...sizes(batch), count(rows), count(shared)]);
  const n = arranged(
    b,
    right,
    [...batch, ...shared, ...columns],
    [...sizes(batch), count(shared), count(columns)],
  );
  const c = product(call, m, n, false, false)(`${name}/product`, {}, 'linear');
  const order = [...batch, ...rows, ...columns];
  const whole = builder.reshape(c, sizes(order), `${name}/result`);
  return builder.transpose(
    whole,
    [...target].map((letter) => order.indexOf(letter)),
    name,
  );
}

/** The letters of the operands and of the result. */
function termsOf(call: Call): [string, string, string] {
  const equation = call.text('equation').replaceAll(' ', '');
  const match = /^([a-z]+),([a-z]+)->([a-z]*)$/.exec(equation);
  const terms = match?.slice(1) ?? [];
  const [left, right, target] = terms;
  const isSimple =
    terms.every((term) => new Set(term).size === term.length) &&
    left !== undefined &&
    [...left].every((letter) => right.includes(letter) || target.includes(letter)) &&
    [...right].every((letter) => left.includes(letter) || target.includes(letter)) &&
    [...target].every((letter) => left.includes(letter) || right.includes(letter));
  if (isSimple) return [left, right, target];
  throw call.wrong('equation', 'two operands, each letter once in each and not summed alone', equation);
}

export const matrices: Converters = {
  _FusedMatMul: matMul,
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  BatchMatMulV3: matMul,
  Einsum: einsum,
  MatMul: matMul,
};
