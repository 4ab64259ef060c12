import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { LopModel, LopStatistics } from '../format/index.js';
import type { ImportError } from '../import/index.js';
import { isLop } from './support/executor.js';
import { importForeign, type ForeignOptions } from './support/import-foreign.js';
import { createCommand, foreignOptions, foreignOptionsOf, type ForeignFlags } from './support/options.js';
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
  /** Of a foreign model, as its importer says, and how it stores weights. */
  format?: string;
  dtype?: string;
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

type Attributes = LopModel['nodes'][number]['attributes'];

interface Manifest {
  weightsManifest?: { paths: string[]; weights: { dtype: string; quantization?: { dtype: string } }[] }[];
}

/** A foreign model's size, all its files together, and how it stores weights; what a web address holds is not known. */
async function describeForeign(path: string): Promise<{ file_bytes: number; dtypes?: string[] }> {
  if (/^https?:/i.test(path)) return { file_bytes: 0 };
  const entry = await stat(path);
  const file = entry.isDirectory() ? join(path, 'model.json') : path;
  if (!file.endsWith('.json')) return { file_bytes: entry.size };
  const text = await readFile(file, 'utf8');
  const { weightsManifest = [] } = JSON.parse(text) as Manifest;
  const shards = weightsManifest.flatMap((group) => group.paths);
  const sizes = await Promise.all(shards.map(async (shard) => (await stat(join(dirname(file), shard))).size));
  const weights = weightsManifest.flatMap((group) => group.weights);
  return {
    file_bytes: sizes.reduce((sum, size) => sum + size, Buffer.byteLength(text)),
    dtypes: distinct(weights.map(({ dtype, quantization }) => quantization?.dtype ?? dtype)),
  };
}

const distinct = (values: string[]): string[] => [...new Set(values)].sort();

/** A foreign model's entropy is that of the same weights written as `.lop`. */
async function inspectForeign(path: string, options: ForeignOptions): Promise<Inspection> {
  const { lopStatistics, writeLop } = await import('../format/index.js');
  const graph = await importForeign(path, options);
  for (const node of graph.nodes) node.attributes = mapNumbers(node.attributes, Math.fround);
  const found = inspection(graph, lopStatistics(writeLop(graph, { entropy: false })));
  const { file_bytes, dtypes } = await describeForeign(path);
  const bytesOf = new Map(Array.from(graph.weights.values(), ({ dtype }) => [dtype, dtype === 'i8' ? 1 : 4]));
  const each = bytesOf.size === 1 ? [...bytesOf.values()][0] : 4;
  const layers = found.layers.map((layer) => ({
    ...layer,
    bytes: each * layer.params,
    block: '',
    stored: '',
  }));
  const dtype = (dtypes ?? distinct([...bytesOf.keys()])).join(', ');
  return { ...found, file_bytes, format: formatOf(graph.metadata), dtype, layers };
}

/** Files hold numbers as f32. */
function mapNumbers(attributes: Attributes, change: (value: number) => number): Attributes {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'number' ? change(value) : value]),
  );
}

function formatOf({ provenance }: Record<string, unknown>): string | undefined {
  const format = (provenance as { format?: unknown } | undefined)?.format;
  return typeof format === 'string' ? format : undefined;
}

/** All nodes that no operator computes, by operator; the rest of an import's faults are its own to tell. */
function explainUnsupported(path: string, error: unknown, json: boolean | undefined): unknown {
  const { faults = [] } = error as Partial<ImportError>;
  if (faults.length === 0) return error;
  if (json) printJson({ unsupported: faults });
  const rows = faults
    .toSorted((a, b) => (a.op < b.op ? -1 : Number(a.op > b.op)))
    .map(({ node, op, hint }) => [op, node, hint]);
  const operators = new Set(faults.map(({ op }) => op)).size;
  return new Error(
    `${path}: ${faults.length} nodes of ${operators} kinds are not supported:\n${table(['kind', 'node', 'why, and what to do'], rows)}`,
    { cause: error },
  );
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
    ...(total.dtype ? [`${total.format ?? 'foreign model'}, weights ${total.dtype}`] : []),
    `${path}: ${bytes(total.file_bytes)}, 1/${(total.dense_f32_bytes / total.file_bytes).toFixed(1)} of the f32 weights' ${bytes(total.dense_f32_bytes)}`,
    `${count(total.kept)} of ${count(total.params)} weights kept, ${percent(total.sparsity)} sparse`,
    `entropy bound of mask and values: ${bytes(Math.ceil(total.entropy_bound_bytes))}`,
  );
}

interface Options extends ForeignFlags {
  json?: boolean;
}

async function run(path: string, { json, ...options }: Options): Promise<void> {
  const found = await (
    isLop(path) ? inspectLop(path) : inspectForeign(path, foreignOptionsOf(options))
  ).catch((error: unknown) => {
    throw explainUnsupported(path, error, json);
  });
  if (json) printJson(found);
  else printInspection(path, found);
}

export function inspectCommand(): Command {
  const command = createCommand(
    'inspect <model>',
    'layers, shapes, sparsity and bytes of a model or a .lop file; what of a foreign model is not supported',
    [
      'lopper inspect digits.lop',
      'lopper inspect models/mnist-cnn/dense/model.json --json',
      'lopper inspect network.onnx --input-shape 224,224,3',
    ],
  );
  return foreignOptions(command).action(run);
}
