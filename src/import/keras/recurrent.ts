/** LSTM, GRU, SimpleRNN, RNN of their cells, Bidirectional, TimeDistributed. */
import { recurrentActivation } from './activations.js';
import type { Settings } from './config.js';
import type { LayerCall, LayerSpec } from './layer.js';
import { innerLayer, type KerasLayer } from './model-config.js';

type Cell = 'lstm' | 'gru' | 'simple_rnn';

const GATES = { lstm: 4, gru: 3, simple_rnn: 1 };
const NOT_SUPPORTED: [key: string, hint: string][] = [
  ['stateful', 'each run starts anew'],
  ['time_major', 'put the batch first'],
];

/** Longest sequence that a layer which knows no steps is repeated for. */
const MOST_STEPS = 256;

export function recurrent(cell: Cell): LayerSpec {
  return {
    faults: (settings) => [...flagFaults(settings), ...activationFaults(cell, settings)],
    convert(call) {
      const [steps, inputs] = call.shapeLike(['steps', 'features']);
      const { config } = call;
      const units = config.count('units');
      const reverse = config.flag('go_backwards', false);
      const weights = weightsOf(call, cell, inputs, units);
      const attributes = { ...attributesOf(call, cell), reverse: reverse ? 1 : 0 };
      const sequence = call.node(cell, [call.input], attributes, { weights });
      const last = (): string => {
        const begin = [reverse ? 0 : steps - 1, 0];
        return call.reshape(
          call.node('slice', [sequence], { begin, size: [1, units] }, { as: 'last' }),
          [units],
          'state',
        );
      };
      const output = !config.flag('return_sequences', false)
        ? last()
        : reverse && !config.flag(IN_ORDER, false)
          ? reversed(call, sequence, steps, units)
          : sequence;
      // an LSTM's second state, its memory, is not an output of the operator
      return config.flag('return_state', false) ? [output, last()] : [output];
    },
  };
}

/** Set by Bidirectional: steps stay where they are though they are read backwards. */
const IN_ORDER = 'lopper_in_order';

function flagFaults(settings: Settings): string[] {
  return NOT_SUPPORTED.filter(([key]) => settings[key] === true).map(
    ([key, hint]) => `${key}: expected false, got true; ${hint}`,
  );
}

function activationFaults(cell: Cell, settings: Settings): string[] {
  const keys = cell === 'simple_rnn' ? ['activation'] : ['activation', 'recurrent_activation'];
  const known = {
    activation: ['tanh', 'relu', 'linear', 'sigmoid'],
    recurrent_activation: ['sigmoid', 'hard_sigmoid'],
  };
  return keys.flatMap((key) => {
    const allowed = known[key as keyof typeof known];
    const got = recurrentActivation(settings, key, allowed[0]);
    return allowed.includes(got)
      ? []
      : [`${key}: expected ${allowed.join(' or ')}, got ${got}; choose one of them`];
  });
}

function attributesOf(call: LayerCall, cell: Cell): Record<string, string | number> {
  const { settings } = call.config;
  const activation = recurrentActivation(settings, 'activation', 'tanh');
  if (cell === 'simple_rnn') return { activation };
  const gate = recurrentActivation(settings, 'recurrent_activation', 'sigmoid');
  if (gate === 'hard_sigmoid' && call.dialect === 'keras 3')
    throw call.config.wrong(
      'recurrent_activation',
      'sigmoid (the hard one of Keras 3 is another one than Keras 2 has)',
    );
  return {
    activation,
    recurrent_activation: gate,
    ...(cell === 'gru' && { reset_after: resetAfter(call) ? 1 : 0 }),
  };
}

/** Keras 3 has it by default, and older ones say so where they have it. */
function resetAfter(call: LayerCall): boolean {
  return call.config.flag('reset_after', call.dialect === 'keras 3');
}

function weightsOf(call: LayerCall, cell: Cell, inputs: number, units: number): Record<string, string> {
  const rows = GATES[cell] * units;
  const kernel = call.weight('kernel', [inputs, rows], [1, 0], [rows, inputs]);
  const recurrentKernel = call.weight('recurrent_kernel', [units, rows], [1, 0], [rows, units]);
  const weights = { kernel, recurrent: recurrentKernel };
  if (!call.config.flag('use_bias', true)) return weights;
  if (cell !== 'gru' || !resetAfter(call)) return { ...weights, bias: call.weight('bias', [rows]) };
  const [bias, recurrentBias] = call.weightRows('bias', [2, rows], ['bias', 'recurrent_bias']);
  return { ...weights, bias, recurrent_bias: recurrentBias };
}

function reversed(call: LayerCall, sequence: string, steps: number, units: number): string {
  const attributes = { begin: [steps - 1, 0], size: [steps, units], strides: [-1, 1] };
  return call.node('slice', [sequence], attributes, { as: 'reversed' });
}

/** RNN(cell) and RNN([cells]): the layers that have these cells, one after another. */
export const rnn: LayerSpec = {
  faults(settings) {
    const kinds = cellsOf(settings).map(({ class_name: kind }) => kind);
    const wrong = kinds.filter((kind) => !CELLS.has(kind));
    const got = `expected ${[...CELLS.keys()].join(', ')}, got`;
    return [...wrong.map((kind) => `cell: ${got} ${kind}; use one of them`), ...flagFaults(settings)];
  },
  convert(call) {
    const { settings } = call.config;
    const cells = cellsOf(settings);
    const isTfjsStack = call.dialect === 'tfjs' && cells.length > 1;
    return cells.reduce((inputs, { class_name: kind, config }, i) => {
      const isLast = i === cells.length - 1;
      const layer = { class_name: CELLS.get(kind)!, config: { ...settings, ...config } };
      const name = isTfjsStack ? `RNNCell_${i}` : cellName(config, i);
      return call.context.inner(layer, name, inputs.slice(0, 1), isLast ? {} : { return_sequences: true });
    }, call.inputs);
  },
};

/** A cell's name, as a layer within the RNN. */
export function cellName(config: Settings, index: number): string {
  return String(config.name ?? `cell_${index}`);
}

const CELLS: ReadonlyMap<string, string> = new Map([
  ['LSTMCell', 'LSTM'],
  ['GRUCell', 'GRU'],
  ['SimpleRNNCell', 'SimpleRNN'],
]);

interface CellConfig {
  class_name: string;
  config: Settings;
}

export function cellsOf({ cell }: Settings): CellConfig[] {
  const { class_name: kind = 'none', config = {} } = (cell ?? {}) as Partial<CellConfig>;
  const cells = Array.isArray(config?.cells) ? (config.cells as unknown[]) : [{ class_name: kind, config }];
  return cells.map((one) => innerLayer(one, 'cell') as CellConfig);
}

/** A layer read forwards and another one read backwards. */
export const bidirectional: LayerSpec = {
  faults({ merge_mode: mode = 'concat' }) {
    const known = ['concat', 'sum', 'mul', 'ave', null];
    return known.includes(mode as string)
      ? []
      : [`merge_mode: expected ${known.join(', ')}, got ${String(mode)}`];
  },
  convert(call) {
    const { layer, own } = directionsOf(call.config.settings, call.name);
    const [forwardName, backwardName] = directionNames(call.config.settings, call.name);
    const forward = call.context.inner(layer, forwardName, call.inputs);
    const isBackwards = (layer.config as Settings).go_backwards === true;
    const backwards = { go_backwards: !isBackwards, [IN_ORDER]: true };
    const changes = own ? { [IN_ORDER]: true } : backwards;
    const backward = call.context.inner(own ?? layer, backwardName, call.inputs, changes);
    const outputs = merged(call, [forward[0], backward[0]]);
    return [...outputs, ...forward.slice(1), ...backward.slice(1)];
  },
};

/** The layer that is read forwards, and the one read backwards where it is another. */
function directionsOf(settings: Settings, path: string): { layer: KerasLayer; own?: KerasLayer } {
  const { layer, backward_layer: own } = settings;
  return { layer: innerLayer(layer, path), ...(own != null && { own: innerLayer(own, path) }) };
}

/** Keras' own names for the two, also where the settings have the layer's name before. */
export function directionNames(settings: Settings, path: string): [forward: string, backward: string] {
  const { layer, own } = directionsOf(settings, path);
  const name = String((layer.config as Settings).name ?? 'layer').replace(/^forward_/, '');
  return [`forward_${name}`, String((own?.config as Settings | undefined)?.name ?? `backward_${name}`)];
}

function merged(call: LayerCall, pair: string[]): string[] {
  const mode = call.config.settings.merge_mode === undefined ? 'concat' : call.config.settings.merge_mode;
  if (mode === null) return pair;
  if (mode === 'concat') return [call.node('concat', pair, { axis: call.shapeOf(pair[0]).length - 1 })];
  if (mode === 'mul') return [call.node('mul', pair)];
  if (mode === 'sum') return [call.node('add', pair)];
  const sum = call.node('add', pair, {}, { as: 'sum' });
  return [call.node('mul', [sum, call.constant('half', [0.5])])];
}

/** Layers that take a step's axis as one more of their own. */
const ANY_RANK = ['Dense', 'Activation', 'ReLU', 'LeakyReLU', 'ELU', 'Dropout', 'ThresholdedReLU'];

/** A layer on each step: at once where it does not mind, else step by step with shared weights. */
export const timeDistributed: LayerSpec = {
  convert(call) {
    const layer = innerLayer(call.config.settings.layer, call.name);
    const shape = call.shapeOf(call.input);
    if (ANY_RANK.includes(layer.class_name)) return call.context.inner(layer, undefined, call.inputs);
    const [steps, ...inner] = shape;
    if (!(steps >= 1 && steps <= MOST_STEPS))
      throw call.shapeError(`expected 1 to ${MOST_STEPS} steps, got [${shape}]`);
    const outputs = Array.from({ length: steps }, (_, step) => {
      const begin = [step, ...inner.map(() => 0)];
      const slice = call.node('slice', [call.input], { begin, size: [1, ...inner] }, { as: 'step' });
      const [output] = call.context.inner(layer, undefined, [call.reshape(slice, inner, 'sample')]);
      return call.reshape(output, [1, ...call.shapeOf(output)], 'result');
    });
    return call.node('concat', outputs, { axis: 0 });
  },
};
