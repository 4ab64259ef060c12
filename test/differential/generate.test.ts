/** The generator reaches all that files can hold. */
import t, { type Test } from 'tap';
import { lopStatistics } from '../../src/format/index.js';
import { elements } from '../../src/graph/graph.js';
import { getOp, ops } from '../../src/ops/table.js';
import { OPERATORS } from './builds.js';
import { prepare, type Prepared } from './check.js';
import { generate } from './generate.js';
import { STEPS } from './steps/index.js';
import { BLOCKS } from './weights.js';

/** Lowered before a file is written: docs/operators.md. */
const NOT_IN_FILES =
  'batch_norm conv_transpose2d depth_to_space dropout expand pad2d resize2d slice space_to_depth tile transpose';

t.test('there is a step for every operator of files', async (t) => {
  t.same(Object.keys(STEPS).sort(), OPERATORS.all.toSorted(), 'assembly/ops/names.ts');
  const others = [...ops.keys()].filter((name) => !Object.hasOwn(STEPS, name));
  t.equal(others.sort().join(' '), NOT_IN_FILES, 'src/ops/table.ts');
});

t.test('the same seed gives the same case, another index another', async (t) => {
  t.strictSame(generate(5, 3), generate(5, 3));
  t.not(JSON.stringify(generate(5, 3).graph.nodes), JSON.stringify(generate(5, 4).graph.nodes));
  t.not(JSON.stringify(generate(5, 3).graph.nodes), JSON.stringify(generate(6, 3).graph.nodes));
});

const COUNT = 500;
const cases: Prepared[] = Array.from({ length: COUNT }, (_, i) => prepare(generate(1, i)));
const graphs = cases.map(({ graph }) => graph);
const tensors = graphs.flatMap((graph) => [...graph.tensors.values()]);
const nodes = graphs.flatMap((graph) => graph.nodes);
const stored = cases.flatMap(({ model }) => lopStatistics(model.file).weights);

/** That all of `want` are among `got`. */
function reaches(t: Test, what: string, got: Iterable<string>, want: readonly string[]): void {
  const seen = new Set(got);
  t.same(
    want.filter((each) => !seen.has(each)),
    [],
    `${what}: none is missing`,
  );
}

t.test(`${COUNT} graphs have every operator`, async (t) => {
  reaches(
    t,
    'operators',
    nodes.map(({ op }) => op),
    OPERATORS.all,
  );
  const int8 = graphs.flatMap((graph) =>
    graph.nodes.filter((node) => graph.tensors.get(node.outputs[0])!.dtype === 'i8').map(({ op }) => op),
  );
  const both = OPERATORS.all.filter((name) => getOp(name).dtypes.some(([, to]) => to === 'i8'));
  reaches(t, 'operators of int8', int8, both);
});

t.test('every dtype, alone and mixed, every rank and odd size', async (t) => {
  reaches(
    t,
    'ranks',
    tensors.map(({ shape }) => `${shape.length}`),
    ['0', '1', '2', '3', '4', '5', '6'],
  );
  const kinds = graphs.map((graph) =>
    [...new Set([...graph.tensors.values()].map(({ dtype }) => dtype))].sort().join(),
  );
  reaches(t, 'dtypes of a graph', kinds, ['f32', 'i8', 'f32,i8']);
  const images = tensors.filter(({ shape }) => shape.length === 3).map(({ shape }) => shape);
  t.ok(
    images.some(([h, w, c]) => h * w > 1 && c === 1),
    'one channel',
  );
  t.ok(
    images.some(([h, w, c]) => h * w === 1 && c > 1),
    'one pixel',
  );
  t.ok(
    images.some((shape) => elements(shape) > 10000),
    'large images',
  );
  t.ok(
    tensors.some(({ shape }) => elements(shape) === 1),
    'one element',
  );
  t.ok(
    images.some((shape) => shape.every((side) => side % 2 === 1 && side > 1)),
    'odd sides',
  );
});

t.test('every block, every encoding', async (t) => {
  reaches(
    t,
    'blocks',
    stored.map(({ block }) => block.join()),
    BLOCKS.map((block) => block.join()),
  );
  const seen = (key: 'positions' | 'values' | 'coding' | 'dtype'): string[] => stored.map((w) => w[key]);
  reaches(t, 'positions', seen('positions'), ['all', 'bitmap', 'gaps', 'modelled']);
  reaches(t, 'values', seen('values'), ['plain', 'nibbles', 'f16', 'i16', 'codebook']);
  reaches(t, 'coding', seen('coding'), ['none', 'positions', 'values', 'positions and values']);
  reaches(t, 'dtypes of weights', seen('dtype'), ['f32', 'i8', 'i32']);
});

t.test('several inputs and outputs, batches, tensors read twice, read outputs, shared weights', async (t) => {
  t.ok(graphs.some(({ inputs, outputs }) => inputs.length > 2 && outputs.length > 2));
  t.ok(cases.some(({ samples }) => samples.length > 1));
  t.ok(
    nodes.some(({ inputs }) => new Set(inputs).size < inputs.length),
    'a tensor twice in one node',
  );
  t.ok(graphs.some(({ outputs, nodes: some }) => some.some(({ inputs }) => outputs.includes(inputs[0]))));
  const uses = graphs.map(({ nodes: some }) => some.flatMap(({ weights }) => Object.values(weights)));
  t.ok(
    uses.some((names) => new Set(names).size < names.length),
    'a kernel of two nodes',
  );
});

t.test('what operators are told', async (t) => {
  const told = nodes.flatMap(({ attributes }) =>
    Object.entries(attributes).map(([key, value]) => `${key}=${value}`),
  );
  const activations = ['linear', 'relu', 'relu6', 'tanh', 'sigmoid'].map((name) => `activation=${name}`);
  reaches(t, 'activations', told, activations);
  for (const key of ['strides', 'dilations', 'pads', 'size'])
    t.ok(new Set(told.filter((text) => text.startsWith(key))).size > 3, key);
});
