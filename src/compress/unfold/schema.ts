import { count, strict } from '../schema.js';

/** `unfold` in a recipe: convolutions get back the batch norm that an exporter folded into them. */
export const unfoldSchema = strict({
  /** Training samples that their outputs are measured on; labels are not read. */
  samples: count(1).default(512),
});
