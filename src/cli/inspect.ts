import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { ModelFigures } from '../compress/figures.js';
import type { LopModel } from '../format/index.js';
import type { ImportError } from '../import/index.js';
import { isLop } from './support/executor.js';
import { importForeign, type ForeignOptions } from './support/import-foreign.js';
import { createCommand, foreignOptions, foreignOptionsOf, type ForeignFlags } from './support/options.js';
import { bytes, count, percent, print, printJson, short, table } from './support/output.js';
import { describeProvenance, provenanceOf, type Provenance } from './support/provenance.js';

interface Inspection extends ModelFigures {
  /** Of a foreign model, as its importer says, and how it stores weights. */
  format?: string;
  dtype?: string;
  /** Of a foreign model: SHA-256 of the graph that was imported. A `.lop` that was made of it says its start. */
  sha256?: string;
  /** Of a `.lop`. */
  provenance?: Provenance;
}

async function inspectLop(file: string): Promise<Inspection> {
  const [{ fileFigures }, { readLop }] = await Promise.all([
    import('../compress/figures.js'),
    import('../format/index.js'),
  ]);
  const content = await readFile(file);
  return { ...fileFigures(content), provenance: provenanceOf(readLop(content).metadata) };
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
  const { modelFigures } = await import('../compress/figures.js');
  const { graphHash } = await import('../compress/checkpoint.js');
  const graph = await importForeign(path, options);
  const sha256 = graphHash(graph);
  for (const node of graph.nodes) node.attributes = mapNumbers(node.attributes, Math.fround);
  const found = modelFigures(graph, lopStatistics(writeLop(graph, { entropy: false })));
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
  const bytes_to_bound = file_bytes / found.entropy_bound_bytes;
  return { ...found, file_bytes, bytes_to_bound, format: formatOf(graph.metadata), dtype, sha256, layers };
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
          short(layer.macs),
          short(layer.kept_macs),
          bytes(layer.bytes),
          bytes(Math.ceil(layer.entropy_bound_bytes)),
          layer.block,
          layer.stored,
        ]
      : Array.from({ length: 9 }, () => '')),
  ]);
  const bound =
    total.format === undefined ? `; the file takes ${total.bytes_to_bound.toFixed(3)} times as much` : '';
  print(
    table(
      [
        'layer',
        'operator',
        'output',
        'weights',
        'kept',
        'sparsity',
        'MACs',
        'kept',
        'bytes',
        'entropy',
        'block',
        'stored as',
      ],
      rows,
    ),
    '',
    ...(total.dtype ? [`${total.format ?? 'foreign model'}, weights ${total.dtype}`] : []),
    `${path}: ${bytes(total.file_bytes)}, 1/${(total.dense_f32_bytes / total.file_bytes).toFixed(1)} of the f32 weights' ${bytes(total.dense_f32_bytes)}`,
    `${count(total.kept)} of ${count(total.params)} weights kept, ${percent(total.sparsity)} sparse`,
    `${short(total.kept_macs)} of ${short(total.macs)} multiply-adds a sample`,
    `entropy bound of mask and values: ${bytes(Math.ceil(total.entropy_bound_bytes))}${bound}`,
    ...(total.sha256 ? [`sha256 of the imported graph: ${total.sha256}`] : []),
    ...describeProvenance(total.provenance ?? {}).map(([what, is]) => `${what}: ${is}`),
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
    'layers, shapes, sparsity, bytes and provenance of a model or a .lop file; what of a foreign model is not supported',
    [
      'lopper inspect digits.lop',
      'lopper inspect models/mnist-cnn/dense/model.json --json',
      'lopper inspect network.onnx --input-shape 224,224,3',
    ],
  );
  return foreignOptions(command).action(run);
}
