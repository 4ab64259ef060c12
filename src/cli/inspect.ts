import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { LopModel, LopStatistics } from '../format/index.js';
import { isLop } from './support/executor.js';
import { createCommand } from './support/options.js';
import { importForeign } from './support/import-foreign.js';
import { bytes, count, percent, print, printJson, table } from './support/output.js';

/** One node. Weights that nodes share are counted at the first. */
interface Layer {
  name: string;
  op: string;
  /** Of its output, without batch. */
  shape: number[];
  params: number;
  kept: number;
  sparsity: number;
  bytes: number;
  /** Of its kernel: `OxI`, and how the file stores it; empty for a foreign model. */
  block: string;
  stored: string;
}

interface Inspection {
  file_bytes: number;
  dense_f32_bytes: number;
  params: number;
  kept: number;
  sparsity: number;
  entropy_bound_bytes: number;
  layers: Layer[];
}

type Weight = LopStatistics['weights'][number];

function describeStorage({ positions, values, coding, dtype }: Weight): string {
  return `${positions}, ${dtype} ${values}${coding === 'none' ? '' : `; ${coding} coded`}`;
}

const sum = (of: readonly Weight[], key: 'params' | 'kept' | 'bytes'): number =>
  of.reduce((total, weight) => total + weight[key], 0);

function layersOf(model: LopModel, statistics: LopStatistics): Layer[] {
  const left = new Map(statistics.weights.map((weight) => [weight.name, weight]));
  return model.nodes.map((node) => {
    const own = Object.values(node.weights).flatMap((name) => left.get(name) ?? []);
    own.forEach(({ name }) => left.delete(name));
    const counted = own.filter(({ role }) => role !== 'scale');
    const [params, kept] = [sum(counted, 'params'), sum(counted, 'kept')];
    const kernel = own.find(({ role }) => role === 'kernel');
    return {
      name: node.name,
      op: node.op,
      shape: model.tensors.get(node.outputs[0])!.shape,
      params,
      kept,
      sparsity: params === 0 ? 0 : 1 - kept / params,
      bytes: sum(own, 'bytes'),
      block: kernel ? kernel.block.join('x') : '',
      stored: kernel ? describeStorage(kernel) : '',
    };
  });
}

/** Adds what a file's statistics and its nodes say up. */
function inspection(model: LopModel, statistics: LopStatistics): Inspection {
  const { file_bytes, dense_f32_bytes, params, kept, sparsity, entropy_bound_bytes } = statistics;
  const layers = layersOf(model, statistics);
  return { file_bytes, dense_f32_bytes, params, kept, sparsity, entropy_bound_bytes, layers };
}

async function inspectLop(file: string): Promise<Inspection> {
  const { lopStatistics, readLop } = await import('../format/index.js');
  const content = await readFile(file);
  return inspection(readLop(content), lopStatistics(content));
}

/** `model.json` and its shards. */
async function foreignBytes(path: string): Promise<number> {
  const entry = await stat(path);
  const file = entry.isDirectory() ? join(path, 'model.json') : path;
  const text = await readFile(file, 'utf8');
  const { weightsManifest = [] } = JSON.parse(text) as { weightsManifest?: { paths: string[] }[] };
  const shards = weightsManifest.flatMap((group) => group.paths);
  const sizes = await Promise.all(shards.map(async (shard) => (await stat(join(dirname(file), shard))).size));
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(text));
}

/** A foreign model holds f32; its entropy is that of the same weights written as `.lop`. */
async function inspectForeign(path: string): Promise<Inspection> {
  const { lopStatistics, writeLop } = await import('../format/index.js');
  const graph = await importForeign(path);
  const found = inspection(graph, lopStatistics(writeLop(graph, { entropy: false })));
  const layers = found.layers.map((layer) => ({ ...layer, bytes: 4 * layer.params, block: '', stored: '' }));
  return { ...found, file_bytes: await foreignBytes(path), layers };
}

function printInspection(path: string, { layers, ...total }: Inspection): void {
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    layer.shape.join('x'),
    ...(layer.params > 0
      ? [
          count(layer.params),
          count(layer.kept),
          percent(layer.sparsity),
          bytes(layer.bytes),
          layer.block,
          layer.stored,
        ]
      : ['', '', '', '', '', '']),
  ]);
  print(
    table(
      ['layer', 'operator', 'output', 'weights', 'kept', 'sparsity', 'bytes', 'block', 'stored as'],
      rows,
    ),
    '',
    `${path}: ${bytes(total.file_bytes)}, 1/${(total.dense_f32_bytes / total.file_bytes).toFixed(1)} of the f32 weights' ${bytes(total.dense_f32_bytes)}`,
    `${count(total.kept)} of ${count(total.params)} weights kept, ${percent(total.sparsity)} sparse`,
    `entropy bound of mask and values: ${bytes(Math.ceil(total.entropy_bound_bytes))}`,
  );
}

async function run(path: string, { json }: { json?: boolean }): Promise<void> {
  const found = await (isLop(path) ? inspectLop(path) : inspectForeign(path));
  if (json) printJson(found);
  else printInspection(path, found);
}

export function inspectCommand(): Command {
  return createCommand('inspect <model>', 'layers, shapes, sparsity and bytes of a model or a .lop file', [
    'lopper inspect digits.lop',
    'lopper inspect models/mnist-cnn/dense/model.json --json',
  ]).action(run);
}
