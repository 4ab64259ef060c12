/** `lopper bench --arch`: the architectures of the table with random weights, as models to time. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { BenchModel, Variant } from '../bench/index.js';
import { writeWhole } from '../files/index.js';
import { UsageError } from './support/errors.js';

export interface ArchitectureOptions {
  arch: string[];
  sparsity: number[];
  block: [number, number][];
  dtype: Variant['dtype'][];
  seed: number;
  save?: string;
}

const split = (text: string): string[] => text.split(',').map((part) => part.trim());

/** A parser of sparsities: numbers in [0, 1). */
export const sparsities = (text: string): number[] =>
  split(text).map((part) => {
    const value = Number(part);
    if (part === '' || !(value >= 0 && value < 1))
      throw new InvalidArgumentError(`expected numbers in [0, 1), got '${part}'.`);
    return value;
  });

/** A parser of blocks, outputs x inputs. */
export const blocks = (text: string): [number, number][] =>
  split(text).map((part) => {
    const sides = /^([1-9]\d?)x([1-9]\d?)$/.exec(part);
    if (!sides) throw new InvalidArgumentError(`expected blocks as 2x2 (outputs x inputs), got '${part}'.`);
    return [Number(sides[1]), Number(sides[2])];
  });

export const names = split;

const fileName = (architecture: string, { dtype, sparsity, block }: Variant): string =>
  sparsity === 0
    ? `${architecture}-${dtype}-dense.lop`
    : `${architecture}-${dtype}-${Math.round(sparsity * 1000) / 10}-${block.join('x')}.lop`;

async function architectureModel(name: string, options: ArchitectureOptions): Promise<BenchModel> {
  const { buildArchitecture, drawWeights, makeVariant, quantizeModel, randomInput, variantsOf } =
    await import('../bench/index.js');
  const { sparsity: sparsities, block: blocks, dtype: dtypes, seed, save } = options;
  const files: BenchModel['files'][number][] = [];
  for (const variant of variantsOf({ sparsities, blocks, dtypes })) {
    const { bytes } = makeVariant(name, variant, seed);
    if (save !== undefined) await writeWhole(join(save, fileName(name, variant)), bytes);
    const { dtype, sparsity, block } = variant;
    files.push({ bytes, described: { dtype, sparsity, block: block.join('x') } });
  }
  const graph = drawWeights(buildArchitecture(name), { seed });
  const length = graph.tensors.get(graph.inputs[0])!.shape.reduce((all, dim) => all * dim, 1);
  return {
    name,
    files,
    dense: { graph, int8: quantizeModel(graph) },
    input: randomInput(length, seed),
    sameWeights: true,
  };
}

/** Checks the names before any work; `all` stands for the whole table. Throws UsageError. */
async function expandNames(arch: readonly string[]): Promise<string[]> {
  const { ARCHITECTURES, isArchitecture } = await import('../bench/index.js');
  const known = Object.keys(ARCHITECTURES);
  const expanded = arch.flatMap((name) => (name === 'all' ? known : [name]));
  const wrong = expanded.find((name) => !isArchitecture(name));
  if (wrong === undefined) return expanded;
  throw new UsageError(
    `--arch: expected some of ${known.join(', ')}, pointwise-<channels>-<side>, all; got '${wrong}'`,
  );
}

/** One thunk a network: a large one takes seconds and hundreds of megabytes to make, so each is made when its turn comes. */
export async function architectureModels(
  options: ArchitectureOptions,
): Promise<(() => Promise<BenchModel>)[]> {
  const expanded = await expandNames(options.arch);
  if (options.save !== undefined) await mkdir(options.save, { recursive: true });
  return expanded.map((name) => () => architectureModel(name, options));
}
