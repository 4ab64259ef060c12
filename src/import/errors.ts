/** What was wrong with a foreign model. */
export type ImportErrorCode =
  /** Not JSON, or not the structure of a model.json. */
  | 'json'
  /** Bytes that are not the structure of the file's format. */
  | 'format'
  /** A kind of model that no importer reads. */
  | 'kind'
  /** A file that is not there or cannot be read. */
  | 'file'
  /** A weight file of the wrong length. */
  | 'length'
  /** A weight that is missing, or has the wrong shape. */
  | 'weight'
  /** NaN or infinite weights. */
  | 'value'
  /** A layer, or a setting of one, that no operator computes. */
  | 'layer'
  /** Layers that do not fit each other. */
  | 'shape';

/** A node, or layer, that no operator computes as it is set. */
export interface Fault {
  /** Its name in the foreign model, nested models before it: `block/conv`. */
  node: string;
  /** Its kind, as the foreign model says. */
  op: string;
  /** What is not supported, and what to do. */
  hint: string;
}

/** A foreign model that cannot become a graph. The message says what, expected, got, and what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  /** All nodes that are not supported, at once; empty where something else is wrong. */
  readonly faults: readonly Fault[];

  constructor(
    readonly code: ImportErrorCode,
    message: string,
    { faults = [], ...options }: ErrorOptions & { faults?: readonly Fault[] } = {},
  ) {
    super(message, options);
    this.faults = faults;
  }
}

/** One error for several faults of a kind, a line each; nodes that are not supported stay listed in its `faults`. */
export function importErrors(
  code: ImportErrorCode,
  what: string,
  faults: readonly (string | Fault)[],
): ImportError {
  const lines = faults.map((fault) => `  ${typeof fault === 'string' ? fault : describeFault(fault)}`);
  const nodes = faults.filter((fault) => typeof fault !== 'string');
  return new ImportError(code, `${what}:\n${lines.join('\n')}`, { faults: nodes });
}

function describeFault({ node, op, hint }: Fault): string {
  return `${node} (${op}): ${hint}`;
}
