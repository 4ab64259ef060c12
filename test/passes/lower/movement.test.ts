import t from 'tap';
import { lowerMovement } from '../../../src/passes/lower/movement.js';
import { lowerPad } from '../../../src/passes/lower/pad.js';
import { lowerPad2d } from '../../../src/passes/lower/pad2d.js';
import { random, SEED } from '../../helpers/random.js';
import { graphOf, int8GraphOf, type Case } from '../../ops/helpers.js';
import { keepsOutputs, opsOf, passed } from '../passed.js';

const r = random();

function shuffled(length: number): number[] {
  const rest = Array.from({ length }, (_, i) => i);
  return Array.from({ length }, () => rest.splice(r.int(0, rest.length - 1), 1)[0]);
}

function sliceOf(shape: number[]): Case {
  const strides = shape.map(() => r.pick([1, 1, 2, -1]));
  const size = shape.map((dim, axis) => r.int(1, Math.ceil(dim / Math.abs(strides[axis]))));
  const begin = shape.map((dim, axis) =>
    strides[axis] > 0 ? r.int(0, dim - 1 - (size[axis] - 1) * strides[axis]) : r.int(size[axis] - 1, dim - 1),
  );
  return { op: 'slice', inputs: [shape], attributes: { begin, size, strides } };
}

const CASES: Record<string, () => Case> = {
  transpose: () => {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 4));
    return { op: 'transpose', inputs: [shape], attributes: { permutation: shuffled(shape.length) } };
  },
  slice: () => sliceOf(Array.from({ length: r.int(1, 4) }, () => r.int(1, 6))),
  tile: () => {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 3));
    return { op: 'tile', inputs: [shape], attributes: { repeats: shape.map(() => r.int(1, 3)) } };
  },
  expand: () => {
    const target = Array.from({ length: r.int(1, 4) }, () => r.int(1, 4));
    const shape = target.slice(r.int(0, target.length - 1)).map((dim) => r.pick([1, dim]));
    return { op: 'expand', inputs: [shape], attributes: { shape: target } };
  },
  depth_to_space: () => {
    const block = r.int(1, 3);
    const shape = [r.int(1, 3), r.int(1, 3), block ** 2 * r.int(1, 3)];
    return { op: 'depth_to_space', inputs: [shape], attributes: { block, mode: r.pick(['dcr', 'crd']) } };
  },
  space_to_depth: () => {
    const block = r.int(1, 3);
    const shape = [block * r.int(1, 3), block * r.int(1, 3), r.int(1, 3)];
    return { op: 'space_to_depth', inputs: [shape], attributes: { block, mode: r.pick(['dcr', 'crd']) } };
  },
};

for (const [op, draw] of Object.entries(CASES)) {
  t.test(`${op} becomes a view, or a reshape, SEED=${SEED}`, async () => {
    for (let i = 0; i < 40; i++) {
      const spec = draw();
      const lowered = keepsOutputs(lowerMovement, graphOf(spec, r), r, 0, JSON.stringify(spec));
      const [{ op }] = lowered.nodes;
      t.ok(op === 'view' || op === 'reshape', JSON.stringify(spec));
    }
  });
}

t.test('int8 is moved as it is', async (t) => {
  const spec = CASES.transpose();
  const q = { scale: 0.5, zeroPoint: 3 };
  const graph = int8GraphOf({ ...spec, inputQuantization: [q], outputQuantization: q } as Parameters<
    typeof int8GraphOf
  >[0]);
  t.match(opsOf(keepsOutputs(lowerMovement, graph, r, 0)), /^(view|reshape)$/);
});

t.test('a slice from the start is no reshape', async (t) => {
  const graph = graphOf({ op: 'slice', inputs: [[5]], attributes: { begin: [0], size: [3] } }, r);
  t.equal(opsOf(keepsOutputs(lowerMovement, graph, r, 0)), 'view');
});

t.test(`pads by reflection and of edges become gathers, SEED=${SEED}`, async (t) => {
  for (let i = 0; i < 40; i++) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 4));
    const mode = r.pick(['reflect', 'symmetric', 'edge']);
    const most = (axis: number): number => (mode === 'reflect' ? shape[axis] - 1 : Math.min(3, shape[axis]));
    const pads = [...shape, ...shape].map((_, side) => r.int(0, most(side % shape.length)));
    const graph = graphOf({ op: 'pad', inputs: [shape], attributes: { pads, mode } }, r);
    const lowered = keepsOutputs(lowerPad, graph, r, 0, `${mode} [${pads}] of [${shape}]`);
    t.ok(lowered.nodes.every(({ op }) => op === 'constant' || op === 'gather'));
  }
});

t.test('pad2d becomes a pad of zeros', async (t) => {
  const graph = graphOf({ op: 'pad2d', inputs: [[3, 2, 2]], attributes: { pads: [1, 0, 2, 3] } }, r);
  t.equal(opsOf(passed(lowerPad2d, graph)), 'pad');
  keepsOutputs(lowerPad2d, graph, r, 0);
});
