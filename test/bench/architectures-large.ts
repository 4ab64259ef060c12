/** As identity.test.ts, for the networks whose reference takes minutes: `npm run test:architectures`. */
import t from 'tap';
import { compareVariants, INT8 } from './identity.js';

for (const name of ['mobilenet-v1-1.0-224', 'mobilenet-v2-1.0-224', 'resnet-50-224'])
  t.test(`${name} gives the reference's results`, { timeout: 1_200_000 }, (t) =>
    compareVariants(t, name, INT8),
  );
