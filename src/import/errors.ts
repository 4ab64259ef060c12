/** What was wrong with a foreign model. */
export type ImportErrorCode =
  /** Not JSON, or not the structure of a model.json. */
  | 'json'
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

/** A foreign model that cannot become a graph. The message says what, expected, got, and what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(
    readonly code: ImportErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One error for several faults of a kind, a line each. */
export function importErrors(code: ImportErrorCode, what: string, faults: readonly string[]): ImportError {
  return new ImportError(code, `${what}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
}
