import { z } from 'zod';
import { atLeast0, count, flag, fraction, positive, strict } from '../schema.js';

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
      strict({ type: z.literal('cosine'), warmup, minimum: fraction.optional() }),
      strict({ type: z.literal('step'), warmup, every: positive, factor: positive.optional() }),
    ],
    { error: '"constant", "cosine" or "step"' },
  )
  .default({ type: 'constant' });

/** `recover` in a recipe: how it is trained. */
export const recoverSchema = strict({
  epochs: positive,
  batch: count(1).default(64),
  /** Parts of a batch whose gradients are averaged; absent: as many as there are threads. */
  shards: count(1).optional(),
  optimizer,
  learningRateSchedule,
  weightDecay: atLeast0.default(0),
  augment: strict({ shift: count(0).default(0), flip: flag.default(false) }).optional(),
});
