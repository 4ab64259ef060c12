import { eachNode } from './rewrite.js';

/** Dropout passes everything on at inference. */
export const removeDropout = eachNode((index, node) => {
  if (node.op === 'dropout') index.bypass(node);
});
