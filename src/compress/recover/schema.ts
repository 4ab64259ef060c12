import { z } from 'zod';
import {
  atLeast0,
  augmentSchema,
  choice,
  count,
  flag,
  fraction,
  positive,
  strict,
  text,
  value,
} from '../schema.js';

const optimizer = z
  .discriminatedUnion(
    'type',
    [
      strict({
        type: z.literal('adam'),
        learningRate: positive.optional(),
        beta1: fraction.optional(),
        beta2: fraction.optional(),
        epsilon: positive.optional(),
      }),
      strict({ type: z.literal('sgd'), learningRate: positive.optional(), momentum: fraction.optional() }),
    ],
    { error: '"adam" or "sgd"' },
  )
  .default({ type: 'adam' });

const warmup = atLeast0.optional();
const learningRateSchedule = z
  .discriminatedUnion(
    'type',
    [
      strict({ type: z.literal('constant'), warmup }),
      strict({
        type: z.literal('cosine'),
        warmup,
        minimum: fraction.optional(),
        /** Epochs after which it begins anew. */
        restart: positive.optional(),
      }),
      strict({ type: z.literal('step'), warmup, every: positive, factor: positive.optional() }),
    ],
    { error: '"constant", "cosine" or "step"' },
  )
  .default({ type: 'constant' });

/** Learning from the network that was given (Hinton et al. 2015; features: Romero et al. 2015). */
const distill = strict({
  temperature: positive.default(4),
  /** Of the teacher; 1: labels are not read. */
  weight: value<number>('a number in [0, 1]', (n) => n >= 0 && n <= 1).default(0.9),
  /** Weight of the distance between the networks' tensors. */
  features: atLeast0.default(0),
  /** Names of tensors that are compared. Absent: residual sums, or the last convolution. */
  tensors: z.array(text, { error: 'a list of names of tensors' }).optional(),
});

const regularize = strict({
  l1: atLeast0.default(0),
  l2: atLeast0.default(0),
  /** Group lasso. */
  group: atLeast0.default(0),
  /** Its groups: output channels, or the blocks that are pruned. */
  groups: choice('output', 'block').default('output'),
});

/** Weights of the best epoch on samples that are held out of the training split. */
const earlyStopping = strict({
  validation: value<number>('a number in (0, 1)', (n) => n > 0 && n < 1).default(0.1),
  patience: count(1).default(3),
  watch: choice('loss', 'accuracy').default('loss'),
});

/** What any training says. */
export const trainingShape = {
  epochs: positive,
  batch: count(1).default(64),
  optimizer,
  learningRateSchedule,
  weightDecay: atLeast0.default(0),
  clipNorm: positive.optional(),
  labelSmoothing: fraction.default(0),
  distill: distill.optional(),
  augment: augmentSchema.optional(),
  /** Samples are mixed with one another, by shares of Beta(alpha, alpha); the teacher says what they are. */
  mixup: value<number>('a number in (0, 1]', (n) => n > 0 && n <= 1).optional(),
  /** Samples an epoch has, drawn by seed. */
  subset: strict({ samples: count(1), draw: choice('epoch', 'once').default('epoch') }).optional(),
};

/** `recover` in a recipe: how it is trained. */
export const recoverSchema = strict({
  ...trainingShape,
  /** Trains from fresh weights instead of the given ones. */
  initialize: flag.default(false),
  /** Parts of a batch whose gradients are averaged; absent: as many as there are threads. */
  shards: count(1).optional(),
  regularize: regularize.optional(),
  /** Freeze: moving averages are used, and stay. */
  batchNorm: choice('update', 'freeze').default('update'),
  earlyStopping: earlyStopping.optional(),
});
