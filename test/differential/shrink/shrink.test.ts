/** Executors that are wrong on purpose: what is found is made small. */
import t, { type Test } from 'tap';
import { elements } from '../../../src/graph/graph.js';
import type { Values } from '../../../src/ops/op.js';
import { referenceTensors } from '../../../src/reference/run.js';
import { check, prepare, type Failure } from '../check.js';
import { describeCase, describeFailure } from '../describe.js';
import type { Executor, Model } from '../executors.js';
import { generate } from '../generate.js';
import { shrink, type Shrunk } from './shrink.js';

/** The plain reference with a fault. */
function faulty(fault: (model: Model, values: Map<string, Values>) => void): Executor {
  return {
    name: 'faulty',
    run(model, samples) {
      return samples.map((sample) => {
        const values = referenceTensors(model.graph, sample);
        for (const [name, some] of values) values.set(name, some.slice());
        fault(model, values);
        return model.graph.outputs.map((name) => values.get(name)!);
      });
    },
  };
}

/** The first case that fails, made small. */
async function firstFault(t: Test, executor: Executor): Promise<Shrunk> {
  for (let index = 0; index < 1000; index++) {
    const c = generate(1, index);
    const failure = await check(prepare(c), executor);
    if (!failure) continue;
    return shrink(c, failure, (smaller): Promise<Failure | undefined> => check(prepare(smaller), executor));
  }
  return t.bailout('no case fails') as never;
}

function text({ case: c, failure }: Shrunk): string {
  return `${describeFailure(failure)}\n${describeCase(c)}`;
}

t.test('a function that is wrong beyond 1', async (t) => {
  const shrunk = await firstFault(
    t,
    faulty(({ graph }, values) => {
      for (const { op, inputs, outputs } of graph.nodes) {
        if (op !== 'tanh') continue;
        const [x, y] = [values.get(inputs[0])!, values.get(outputs[0])!];
        x.forEach((value, i) => (y[i] += value > 1 ? 1e-3 : 0));
      }
    }),
  );
  const { graph, samples } = shrunk.case;
  t.equal(graph.nodes.length, 1, text(shrunk));
  t.equal(graph.nodes[0].op, 'tanh');
  t.equal(samples.length, 1);
  t.equal(elements(graph.tensors.get(graph.inputs[0])!.shape), 1);
  t.match(shrunk.failure, { executor: 'faulty', kind: 'node', op: 'tanh', element: 0 });
});

t.test('a convolution that loses its last output behind a relu', async (t) => {
  const shrunk = await firstFault(
    t,
    faulty(({ graph }, values) => {
      for (const { op, attributes, outputs } of graph.nodes) {
        const y = values.get(outputs[0])!;
        if (op === 'conv2d' && attributes.activation === 'relu' && y instanceof Int8Array)
          y[y.length - 1] ^= 1;
      }
    }),
  );
  const { graph } = shrunk.case;
  const [node] = graph.nodes;
  t.equal(graph.nodes.length, 1, text(shrunk));
  t.same([node.op, node.attributes.activation], ['conv2d', 'relu']);
  t.same(Object.keys(node.weights).sort(), ['kernel', 'scale'], 'no bias');
  t.equal(elements(graph.weights.get(node.weights.kernel)!.shape), 1);
  t.equal(elements(graph.tensors.get(node.outputs[0])!.shape), 1);
});

t.test('memory that two tensors share', async (t) => {
  const shrunk = await firstFault(
    t,
    faulty(({ graph }, values) => {
      // an output that a later node reads, and that is not alone
      if (graph.outputs.length === graph.inputs.length + graph.nodes.length) return;
      const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
      for (const { outputs } of graph.nodes) {
        const y = values.get(outputs[0])!;
        if (read.has(outputs[0]) && graph.outputs.includes(outputs[0])) y[0] = y[0] === 1 ? 2 : 1;
      }
    }),
  );
  const { graph } = shrunk.case;
  t.equal(shrunk.failure.kind, 'outputs', text(shrunk));
  t.equal(graph.nodes.length, 2);
  t.equal(graph.outputs.length, 1);
  for (const { shape } of graph.tensors.values()) t.ok(elements(shape) <= 4, `[${shape}]`);
});

t.test('a refusal, and an error', async (t) => {
  for (const [kind, message] of [
    ['threw', 'out of order'],
    ['refused', 'error 99'],
  ]) {
    const { Refused } = await import('../executors.js');
    const shrunk = await firstFault(
      t,
      faulty(({ graph }) => {
        if (!graph.nodes.some(({ op }) => op === 'softmax')) return;
        throw kind === 'refused' ? new Refused(message) : new Error(message);
      }),
    );
    t.match(shrunk.failure, { kind, message: new RegExp(message) });
    t.equal(shrunk.case.graph.nodes.length, 1, text(shrunk));
  }
});
