/** Names of classes that TFLite's metadata packs behind the model: the file is then also a zip of text files. */
import { unzipSync } from 'fflate';

/** A list of labels is short; a hostile zip need not be. */
const MOST_BYTES = 2 ** 20;

/** The lines of its one file of labels; undefined where the model has none. */
export function readLabels(file: Uint8Array): string[] | undefined {
  const lists = Object.values(unpacked(file));
  if (lists.length !== 1) return undefined;
  const lines = new TextDecoder().decode(lists[0]).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function unpacked(file: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(file, {
      filter: ({ name, originalSize }) => /label.*\.txt$/i.test(name) && originalSize <= MOST_BYTES,
    });
  } catch {
    // Most models are no zip, and labels are no reason to refuse one that is broken behind its end.
    return {};
  }
}
