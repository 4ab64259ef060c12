import t from 'tap';
import { bytes, milliseconds, percent, share, times } from '../../../src/server/page/units.js';

t.test('figures with a unit that fits', async (t) => {
  t.equal(milliseconds(0.0042), '4.20 µs');
  t.equal(milliseconds(0.9999), '1.00 ms');
  t.equal(milliseconds(1500), '1.50 s');
  t.equal(bytes(3899), '3,899 B');
  t.equal(bytes(82_640), '83 KB');
  t.equal(bytes(14_239_897), '14.2 MB');
  t.equal(percent(0.98171, 2), '98.17 %');
  t.equal(times(262, 10), '26×');
});

t.test('a share in the fewest digits that tell', async (t) => {
  t.equal(share(0.15), '15 %');
  t.equal(share(0.021), '2.1 %');
  t.equal(share(0.04), '4 %');
  t.equal(share(1), '100 %');
});
