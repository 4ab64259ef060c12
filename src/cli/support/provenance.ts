/** Where a `.lop` came from, as its metadata say: `docs/reliability.md`, Reproducible. */

/** What has a name and the start of its SHA-256. Files of Lopper before 0.1.0 have data without. */
interface Named {
  name?: string;
  sha256?: string;
}

export interface Provenance {
  /** Version of the tool. */
  lopper?: string;
  /** What its importer said of the source; `sha256` is of the imported graph. */
  source?: Named & { format?: string; model?: string; generatedBy?: string };
  recipe?: Named;
  data?: Named;
  seed?: number;
  /** What trained and calibrated. */
  backend?: string;
}

/** From a file's metadata; without anything where it was stored without (`storage.metadata: "minimal"`). */
export function provenanceOf(metadata: Record<string, unknown>): Provenance {
  const { provenance, recipe, data, lopper, seed, backend } = metadata as Record<string, never>;
  const named = typeof data === 'string' ? { name: data } : data;
  const found: Provenance = { lopper, source: provenance, recipe, data: named, seed, backend };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** One line for each thing that is known, for people. */
export function describeProvenance({
  lopper,
  source,
  recipe,
  data,
  seed,
  backend,
}: Provenance): [string, string][] {
  const lines: [string, string | undefined][] = [
    ['made by', lopper && `lopper ${lopper}`],
    ['source', source && named(source.model, source.sha256, [source.format, source.generatedBy])],
    ['recipe', recipe && named(recipe.name, recipe.sha256)],
    ['data', data && named(data.name, data.sha256)],
    ['seed', seed?.toString()],
    ['backend', backend],
  ];
  return lines.filter((line): line is [string, string] => Boolean(line[1]));
}

/** `name (sha256 0123456789abcdef; further)` of what is there. */
function named(name: string | undefined, sha256: string | undefined, further: unknown[] = []): string {
  const details = [sha256 && `sha256 ${sha256}`, ...further].filter(Boolean).join('; ');
  return [name, details && (name ? `(${details})` : details)].filter(Boolean).join(' ');
}
