import type { Converters } from './call.js';
import { constants } from './constants.js';
import { convolutions } from './convolution.js';
import { elementwise } from './elementwise.js';
import { matrices } from './matrix.js';
import { normalization } from './normalization.js';
import { pooling } from './pooling.js';
import { reductions } from './reduction.js';
import { shapes } from './shape.js';
import { slicing } from './slicing.js';
import { spaceBatch } from './space-batch.js';

/** TensorFlow's operators by name. Const, placeholders, Switch and Merge are the walk's: see walk.ts. */
export const converters: ReadonlyMap<string, Converters[string]> = new Map(
  Object.entries({
    ...constants,
    ...convolutions,
    ...elementwise,
    ...matrices,
    ...normalization,
    ...pooling,
    ...reductions,
    ...shapes,
    ...slicing,
    ...spaceBatch,
  }),
);

const BEFORE = 'name the tensors that it reads in outputs to import the model up to there';

const HINTS: [RegExp, string][] = [
  [
    /^(Enter|Exit|NextIteration|LoopCond|Switch|Merge|(Stateless)?(If|While))$/,
    'its course is known only at run time',
  ],
  [/^Tensor(Array|List)|^EmptyTensorList/, 'lists of tensors grow at run time'],
  [
    /^NonMaxSuppression|^TopK|^Unique|^ListDiff|^Multinomial/,
    'what it gives is chosen by sorting or search at run time',
  ],
  [/^Random|^TruncatedNormal/, 'a model that draws random numbers gives no fixed result'],
  [/3D$/, 'volumes are not supported'],
  [/^(HashTable|LookupTable|String|StaticRegex)/, 'texts and tables are not supported'],
];

/** What to do about an operator without converter. */
export function hintOf(op: string): string {
  const reason = HINTS.find(([pattern]) => pattern.test(op))?.[1] ?? 'not supported yet';
  return `${reason}; ${BEFORE}`;
}
