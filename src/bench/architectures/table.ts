import type { LopModel } from '../../format/index.js';
import { adAutoencoder, lenet300100 } from './dense.js';
import { dsCnn } from './ds-cnn.js';
import { mobilenetV1 } from './mobilenet-v1.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { pointwise } from './pointwise.js';
import { resnet50, resnet8 } from './resnet.js';

/** The architectures by name; each call gives a fresh dense f32 graph whose weights are zero. */
export const ARCHITECTURES = {
  'mobilenet-v1-1.0-224': () => mobilenetV1({ alpha: 1, side: 224, classes: 1000 }),
  'mobilenet-v2-1.0-224': () => mobilenetV2(224, 1000),
  /** Two classes: MLPerf Tiny's visual wake words. */
  'mobilenet-v1-0.25-96': () => mobilenetV1({ alpha: 0.25, side: 96, classes: 2 }),
  'resnet-8': resnet8,
  'ds-cnn': dsCnn,
  'lenet-300-100': lenet300100,
  'ad-autoencoder': adAutoencoder,
  'resnet-50-224': () => resnet50(224, 1000),
} satisfies Record<string, () => LopModel>;

/** A name of the table, or `pointwise-<channels>-<side>`. */
export type ArchitectureName = keyof typeof ARCHITECTURES | `pointwise-${number}-${number}`;

const POINTWISE = /^pointwise-([1-9]\d{0,3})-([1-9]\d{0,2})$/;

export function isArchitecture(name: string): name is ArchitectureName {
  return Object.hasOwn(ARCHITECTURES, name) || POINTWISE.test(name);
}

/** @throws RangeError for a name that is not one of an architecture. */
export function buildArchitecture(name: string): LopModel {
  const plain = POINTWISE.exec(name);
  if (plain) return pointwise({ channels: Number(plain[1]), side: Number(plain[2]) });
  if (isArchitecture(name)) return ARCHITECTURES[name as keyof typeof ARCHITECTURES]();
  const known = [...Object.keys(ARCHITECTURES), 'pointwise-<channels>-<side>'].join(', ');
  throw new RangeError(`architecture: expected one of ${known}, got '${name}'`);
}
