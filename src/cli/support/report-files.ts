/** What `compress` leaves beside the model: a page, and events for TensorBoard. */
import { basename } from 'node:path';
import type { CompressProgress, CompressReport } from '../../compress/index.js';
import { writeWhole } from '../../files/index.js';
import type { Graph } from '../../graph/index.js';
import type { EventWriter } from '../../report/index.js';
import { importForeign, type ForeignOptions } from './import-foreign.js';

/** A foreign network as it is before pruning and quantizing: f32, batch norms folded. */
export async function foldedSource(path: string, options: ForeignOptions = {}): Promise<Graph> {
  return folded(await importForeign(path, options));
}

async function folded(graph: Graph): Promise<Graph> {
  const { cleanUp, prepareForExport } = await import('../../compress/index.js');
  const { copyGraph } = await import('../../graph/index.js');
  return prepareForExport(cleanUp(copyGraph(graph)));
}

export interface ReportFiles {
  /** Path of the page. */
  page?: string;
  /** Folder of the events. */
  events?: string;
}

/** Writes what was asked for, while a compression runs and at its end. */
export class CompressionRecorder {
  readonly #page?: string;
  readonly #writer?: EventWriter;
  readonly #writeProgress?: (writer: EventWriter, progress: CompressProgress) => void;

  private constructor(files: ReportFiles, module?: typeof import('../../report/index.js')) {
    this.#page = files.page;
    if (files.events === undefined || !module) return;
    this.#writer = new module.EventWriter(files.events);
    this.#writeProgress = module.writeProgress;
  }

  /** Loads what draws and writes only where it is asked for. */
  static async open(files: ReportFiles): Promise<CompressionRecorder> {
    const asked = files.page !== undefined || files.events !== undefined;
    return new CompressionRecorder(files, asked ? await import('../../report/index.js') : undefined);
  }

  progress(progress: CompressProgress): void {
    if (this.#writer) this.#writeProgress?.(this.#writer, progress);
  }

  async result(
    out: string,
    file: Uint8Array,
    facts: { graph: Graph; report: CompressReport; recipe: object },
  ): Promise<void> {
    if (this.#page === undefined && !this.#writer) return;
    const { writeReport, writeResult } = await import('../../report/index.js');
    const { report, recipe } = facts;
    const input = { name: basename(out), file, source: await folded(facts.graph), report, recipe };
    if (this.#writer) writeResult(this.#writer, report, input);
    if (this.#page !== undefined) await writeWhole(this.#page, await writeReport([input]));
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
