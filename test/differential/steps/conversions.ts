/** quantize, dequantize, lookup: between f32 and int8. */
import { quantizationFor, randomQuantization } from '../quantization.js';
import { weightOf } from '../weights.js';
import { anyShape } from '../shapes.js';
import { floats, type Step } from './step.js';

export const conversions: Record<string, Step> = {
  /** It alone may read what is not finite. */
  quantize(draft) {
    const { random: r } = draft;
    const x = draft.find(({ dtype }) => dtype === 'f32', true) ?? floats(draft, () => true);
    const { finite, largest } = draft.facts.get(x.name)!;
    const quantization = finite && largest < 1e6 ? quantizationFor(largest, r) : randomQuantization(r);
    return draft.node('quantize', [x], { output: { dtype: 'i8', quantization } });
  },
  dequantize(draft) {
    const x = draft.find(({ dtype }) => dtype === 'i8') ?? draft.input(anyShape(draft.random), 'i8');
    return draft.node('dequantize', [x], { output: { dtype: 'f32' } });
  },
  lookup(draft) {
    const { random: r } = draft;
    const x = draft.find(({ dtype }) => dtype === 'i8') ?? draft.input(anyShape(r), 'i8');
    const table = weightOf([256], 'i8', () => r.int(-128, 127));
    const output = { dtype: 'i8' as const, quantization: randomQuantization(r) };
    return draft.node('lookup', [x], { weights: { table }, output });
  },
};
