/** The structure of a tfjs model.json. */
import { z } from 'zod';
import { ImportError } from './errors.js';
import { weightGroup, weightSpec } from './weights.js';

const modelJsonSchema = z.looseObject({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(weightGroup).optional(),
  weightSpecs: z.array(weightSpec).optional(),
});

export type ModelJson = z.infer<typeof modelJsonSchema>;

/** True for the other kind of model.json, TensorFlow's graph. */
export function isGraphModel(json: unknown): boolean {
  const { format, modelTopology } = (json ?? {}) as { format?: unknown; modelTopology?: { node?: unknown } };
  return format === 'graph-model' || modelTopology?.node !== undefined;
}

/** Checks the model.json of a layers-model. */
export function parseModelJson(json: unknown, name: string): ModelJson {
  const result = modelJsonSchema.safeParse(json);
  if (result.success) return result.data;
  const faults = z.prettifyError(result.error);
  throw new ImportError('json', `${name}: expected the structure of a tfjs layers-model, got:\n${faults}`);
}
