/** What a reader did with a file. */
export interface Outcome {
  accepted: boolean;
  /** Why it was refused; 'ok' where it was not. */
  code: string;
  /** Of the error, where there is one. */
  message?: string;
  /** Bytes that the reader held for it. */
  memory: number;
  /** What the reader must not exceed for it. */
  memoryLimit: number;
}

export interface Target {
  name: string;
  /** Throws where a reader breaks its promise: a trap, an error of another class, an instance that does not recover. */
  read(file: Uint8Array): Outcome | Promise<Outcome>;
}

/** A target that answers at once. */
export interface SyncTarget extends Target {
  read(file: Uint8Array): Outcome;
}
