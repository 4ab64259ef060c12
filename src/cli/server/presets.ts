/** Recipes that the page offers by name. Each runs on every bundled network (test/cli/server/presets.test.ts). */
import type { RecipePreset } from '../../server/api/schemas.js';

/** Of the recipes in models/ and recipes/, which docs/recipes.md explains. */
const FINE_TUNED = { batch: 128, learningRateSchedule: { type: 'cosine' } };
const CALIBRATED = { calibration: 'percentile', percentile: 99.99, samples: 1024 };

export const PRESETS: readonly RecipePreset[] = [
  {
    id: 'as-it-is',
    title: 'As it is',
    description: 'Writes the model as a .lop file in f32: nothing pruned, nothing trained, no data needed.',
    needsData: false,
    recipe: {},
  },
  {
    id: 'float16',
    title: 'Half precision',
    description: 'Kernels rounded to 16 bits: half the file, computed as f32. No data needed.',
    needsData: false,
    recipe: { storage: { float16: true } },
  },
  {
    id: 'int8',
    title: 'int8',
    description: 'All weights stay, in 8 bits. Ranges come from samples without labels; no training.',
    needsData: true,
    recipe: { quantize: { activations: CALIBRATED } },
  },
  {
    id: 'one-shot-50',
    title: 'One shot, half the weights',
    description:
      'Half of the weights go, and the others take up what those did, from samples without labels; no training. Seconds to minutes.',
    needsData: true,
    recipe: {
      // SparseGPT: 9 s on LeNet-300-100 where ExactOBS takes 52, and as right (98.8 % of 256 digits)
      prune: { sparsity: 0.5, scope: 'global', update: { method: 'sparsegpt', samples: 256, damping: 0.1 } },
      quantize: { refine: { samples: 256 } },
    },
  },
  {
    id: 'fast-75',
    title: 'Fast, a quarter of the weights',
    description: 'Pruned in blocks of 2x2, which run fastest, with four epochs of fine-tuning; int8.',
    needsData: true,
    recipe: {
      prune: { block: [2, 2], sparsity: 0.75, schedule: { type: 'cubic', end: 2 } },
      recover: { epochs: 4, ...FINE_TUNED },
      quantize: { activations: CALIBRATED },
    },
  },
  {
    id: 'small-90',
    title: 'Small, a tenth of the weights',
    description: 'LAMP over the whole network, pruned gradually with eight epochs of fine-tuning; int8.',
    needsData: true,
    recipe: {
      prune: { criterion: 'lamp', scope: 'global', sparsity: 0.9, schedule: { type: 'cubic', end: 5 } },
      recover: { epochs: 8, ...FINE_TUNED },
      quantize: { activations: CALIBRATED },
    },
  },
  {
    id: 'smallest',
    title: 'Smallest, one weight in thirty',
    description:
      'As the shipped networks: LAMP, sixteen epochs of fine-tuning, weights of 6 bits. For large layers.',
    needsData: true,
    recipe: {
      prune: { criterion: 'lamp', scope: 'global', sparsity: 0.965, schedule: { type: 'cubic', end: 10 } },
      recover: { epochs: 16, ...FINE_TUNED },
      quantize: { weights: { bits: 6, per: 'tensor' }, activations: CALIBRATED },
    },
  },
];
