/** Which preprocessing a command uses: what it is told, else what the model records, else what the set says. */
import { readFile } from 'node:fs/promises';
import { PRESETS, type Preprocessing } from '../../preprocess/index.js';

/** `metadata.preprocessing` where it is one. @throws Error where it is there but says what none may say */
export async function preprocessingOf(
  metadata: Readonly<Record<string, unknown>>,
): Promise<Preprocessing | undefined> {
  const stated = metadata['preprocessing'];
  return stated === undefined ? undefined : parse(stated, 'metadata');
}

/** `--preprocess`: a preset's name, or a JSON file. */
export async function readPreprocessing(given: string): Promise<Preprocessing> {
  if (Object.hasOwn(PRESETS, given)) return PRESETS[given as keyof typeof PRESETS];
  if (!/[./\\]/.test(given)) return parse(given, '--preprocess');
  const text = await readFile(given, 'utf8');
  try {
    return await parse(JSON.parse(text), given);
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new Error(`${given}: expected JSON, got: ${cause.message}`, { cause });
    throw cause;
  }
}

async function parse(value: unknown, where: string): Promise<Preprocessing> {
  const { parsePreprocessing } = await import('../../compress/preprocessing-schema.js');
  return parsePreprocessing(value, where);
}
