import { inOrder } from '../rewrite.js';
import { recognizeGates } from './gates.js';
import { recognizeHardSigmoid } from './hard-sigmoid.js';
import { foldIntoLayerNorm, recognizeLayerNorm } from './layer-norm.js';
import { recognizeLeakyRelu, recognizePrelu } from './leaky-relu.js';

/** What people wrote in one word and a converter in several operators. */
export const recognizePatterns = inOrder([
  recognizeHardSigmoid,
  recognizeGates,
  recognizeLeakyRelu,
  recognizePrelu,
  recognizeLayerNorm,
  foldIntoLayerNorm,
]);
