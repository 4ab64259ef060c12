import t from 'tap';
import { compareVariants, INT8, OTHERS } from './identity.js';

/** The large ones: `npm run test:architectures`. */
const SMALL = [
  'mobilenet-v1-0.25-96',
  'resnet-8',
  'ds-cnn',
  'lenet-300-100',
  'ad-autoencoder',
  'pointwise-36-9',
];

for (const name of SMALL)
  t.test(`${name} gives the reference's results`, (t) => compareVariants(t, name, [...INT8, ...OTHERS]));
