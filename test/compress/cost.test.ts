import t from 'tap';
import { layerMs, networkMs, type LayerCosts } from '../../src/compress/cost.js';

const costs: LayerCosts = {
  rest: 0.5,
  layers: [
    {
      layer: 'conv',
      block: [1, 1],
      points: [
        { density: 0.25, ms: 2 },
        { density: 0.75, ms: 4 },
        { density: 1, ms: 8 },
      ],
    },
    { layer: 'conv', block: [2, 2], points: [{ density: 1, ms: 3 }] },
    {
      layer: 'fc',
      block: [1, 1],
      points: [
        { density: 0.1, ms: 1 },
        { density: 1, ms: 10 },
      ],
    },
  ],
};

t.test('a layer costs what lies between the densities measured', async (t) => {
  const at = (density: number): number => layerMs(costs, { layer: 'conv', block: [1, 1], density });
  t.equal(at(0.25), 2);
  t.equal(at(0.5), 3);
  t.equal(at(0.875), 6);
  t.equal(at(1), 8);
  t.equal(at(0.01), 2, 'flat below');
  t.equal(layerMs(costs, { layer: 'conv', block: [2, 2], density: 0.3 }), 3);
});

t.test('a block that was not measured is refused by name', async (t) => {
  t.throws(() => layerMs(costs, { layer: 'conv', block: [4, 2], density: 1 }), {
    message: 'latency: expected blocks of conv that were measured (1x1, 2x2), got 4x2',
  });
});

t.test('a network costs its layers and the rest; unmeasured layers are in the rest', async (t) => {
  const forms = [
    { layer: 'conv', block: [1, 1] as const, density: 0.5 },
    { layer: 'fc', block: [1, 1] as const, density: 1 },
    { layer: 'depthwise', block: [1, 1] as const, density: 1 },
  ];
  t.equal(networkMs(costs, forms), 0.5 + 3 + 10);
});
