/** TFLite's operators: what converts each, and what to do about those that nothing does. */
import type { Convert } from './call.js';
import { ELEMENTWISE } from './elementwise.js';
import { IMAGES } from './images.js';
import { LAYOUT } from './layout.js';
import { LINEAR } from './linear.js';
import type { ForeignOperator } from './model.js';
import { RECURRENT_LAYERS } from './recurrent.js';
import { REDUCTIONS } from './reductions.js';
import { batchToSpace, spaceToBatch } from './spaced.js';

const OPERATORS: ReadonlyMap<string, Convert> = new Map(
  Object.entries({
    ...LINEAR,
    ...ELEMENTWISE,
    ...IMAGES,
    ...LAYOUT,
    ...REDUCTIONS,
    ...RECURRENT_LAYERS,
    SPACE_TO_BATCH_ND: spaceToBatch,
    BATCH_TO_SPACE_ND: batchToSpace,
  }),
);

export function converterOf({ code, isCustom }: ForeignOperator): Convert | undefined {
  return isCustom ? undefined : OPERATORS.get(code);
}

/** What to do about an operator without a converter. */
export function hintFor({ code, isCustom }: ForeignOperator): string {
  if (code.startsWith('Flex'))
    return 'a TensorFlow operator (SELECT_TF_OPS): convert the model with TFLITE_BUILTINS alone';
  if (isCustom)
    return 'a custom operator, which only its own library computes: pass { outputs } with the names of its inputs and do it outside';
  if (['IF', 'WHILE', 'CALL', 'CALL_ONCE'].includes(code))
    return 'control flow: convert the model with fixed conditions and unrolled loops';
  if (/VARIABLE|VAR_HANDLE|HASHTABLE/.test(code))
    return 'state between runs: pass it as inputs and outputs of the model instead';
  return 'not supported: pass { outputs } with names of tensors before it and do the rest outside';
}
