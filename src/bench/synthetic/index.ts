export { makeVariant, variantsOf, type Variant, type VariantOptions } from './variant.js';
export { drawWeights, prunableNodes, type DrawOptions } from './weights.js';
export { quantizeModel } from './quantize.js';
export { randomInput } from './random.js';
