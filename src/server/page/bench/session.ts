/** What the worker does: keeps the engines that are open, and lets them answer, in turns. */
import { open as openReference } from '../engines/reference.js';
import { open as openServer } from '../engines/server.js';
import { scripts, type Engine, type EngineScript } from '../engines/engine.js';
import type { RuntimeId } from '../runtimes.js';
import { describeFile } from './describe.js';
import { readLayers } from './layers.js';
import type { Answered, Calls, Contender, Opened, Samples } from './protocol.js';
import { timeEngines } from './timing.js';
import { transferOf } from './transfer.js';

type Handlers = {
  [Name in keyof Calls]: (
    input: Calls[Name]['in'],
    report: (samples: Record<string, Samples>) => void,
  ) => Calls[Name]['out'] | Promise<Calls[Name]['out']>;
};

/** Timed anew for each sample, over the network: fewer of them. */
const SERVER_ROUNDS = 12;

const script = (address: string | undefined): Promise<EngineScript> =>
  import(address!) as Promise<EngineScript>;

/** Scripts are fetched when a runtime is first chosen. */
const SCRIPTS: Record<RuntimeId, () => EngineScript | Promise<EngineScript>> = {
  lopper: () => script(scripts.lopper),
  'lopper-relaxed': () => script(scripts.lopper),
  'lopper-threads': () => script(scripts.lopper),
  reference: () => ({ open: openReference }),
  server: () => ({ open: openServer }),
  'tfjs-wasm': () => script(scripts.tfjs),
  'ort-web': () => script(scripts.ort),
};

const engines = new Map<string, { engine: Engine; runtime: RuntimeId }>();
/** Grows with every `stop`: a measurement that is older ends. */
let generation = 0;

async function open(contender: Contender): Promise<Opened> {
  const start = performance.now();
  const { open: openEngine } = await SCRIPTS[contender.runtime]();
  const build = contender.runtime === 'lopper-relaxed' ? 'relaxed-simd' : 'simd128';
  const engine = await openEngine(contender, { build, threads: contender.threads });
  engines.get(contender.key)?.engine.dispose();
  engines.set(contender.key, { engine, runtime: contender.runtime });
  return { note: engine.note, loadMs: performance.now() - start };
}

async function answerOf(key: string, input: Float32Array): Promise<Answered | { error: string }> {
  const opened = engines.get(key);
  if (!opened) return { error: 'not loaded' };
  try {
    const scores = Float32Array.from(await opened.engine.run(input));
    return { scores, memoryBytes: opened.engine.memoryBytes() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const isRemote = (key: string): boolean => engines.get(key)?.runtime === 'server';

async function time(
  { keys, input, rounds }: Calls['time']['in'],
  report: (samples: Record<string, Samples>) => void,
): Promise<boolean> {
  const mine = ++generation;
  const stale = (): boolean => mine !== generation;
  const chosen = (wanted: (key: string) => boolean): Map<string, Engine> =>
    new Map(
      keys.filter((key) => engines.has(key) && wanted(key)).map((key) => [key, engines.get(key)!.engine]),
    );
  const local = await timeEngines(
    chosen((key) => !isRemote(key)),
    input,
    rounds,
    report,
    stale,
  );
  return local && timeEngines(chosen(isRemote), input, Math.min(rounds, SERVER_ROUNDS), report, stale);
}

export const handlers: Handlers = {
  open,
  close: ({ key }) => {
    engines.get(key)?.engine.dispose();
    engines.delete(key);
    return null;
  },
  answer: async ({ keys, input }) =>
    Object.fromEntries(
      await Promise.all(keys.map(async (key) => [key, await answerOf(key, input)] as const)),
    ),
  time,
  stop: () => {
    generation++;
    return null;
  },
  transfer: ({ runtime, url }) => transferOf(runtime, url),
  profile: async ({ key, input, runs }) => {
    const { engine } = engines.get(key)!;
    await engine.run(input);
    return engine.profile!(runs);
  },
  layers: (source) => readLayers(source),
  describe: ({ bytes }) => describeFile(bytes),
};
