/** An ONNX model (opset 9 to 21) -> Graph, channels last. docs/importing.md says what a user sees of it. */
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import type { Importer, ImportOptions, ModelFile } from './importer.js';
import { importOnnxModel } from './onnx/walk.js';
import { readModel, type OnnxModel } from './onnx/proto.js';

const OPSETS = [9, 21] as const;

/**
 * Bytes begin with field 1 (ir_version, a small number); behind it producer (2, 3), graph (7) or opsets (8).
 * ONNX has no signature.
 */
function looksLikeOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] < 32 && [0x12, 0x1a, 0x3a, 0x42].includes(bytes[2]);
}

export const onnx: Importer = {
  kind: 'an ONNX model (.onnx)',
  extension: /\.onnx$/i,
  signature: looksLikeOnnx,
  read: readOnnx,
};

/** @throws ImportError: what is wrong with the model, all unsupported nodes at once */
async function readOnnx(file: ModelFile, options: ImportOptions): Promise<Graph> {
  const model = readModel(file.bytes, file.name);
  checkOpset(model, file.name);
  return importOnnxModel(model, file, options);
}

function checkOpset({ opsets }: OnnxModel, name: string): void {
  const opset = opsets.get('');
  const [least, most] = OPSETS;
  if (opset !== undefined && opset >= least && opset <= most) return;
  const what = `${name}: expected opset ${least} to ${most}, got ${opset ?? 'none'}`;
  throw new ImportError('kind', `${what}; convert the model with onnx.version_converter`);
}
