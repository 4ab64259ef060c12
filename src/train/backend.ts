import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { backend, ready, setBackend } from '@tensorflow/tfjs-core';
import { setWasmPaths, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { registerTrainingKernels, STOCK_WASM } from './kernels/index.js';
import { simd } from './kernels/simd.js';

/** Backends that can train, best first. */
const NAMES = ['node', 'wasm', 'cpu'] as const;
export type BackendName = (typeof NAMES)[number];

export interface BackendOptions {
  /** The backend to use; where it does not load, this throws. Without it: the first of node, wasm, cpu that loads. */
  prefer?: BackendName;
  /** Called with each line worth logging: the note, and why a better backend was passed over. */
  onLog?: (line: string) => void;
}

export interface SelectedBackend {
  name: BackendName;
  /** Which backend it is, and how much slower than a better one. */
  note: string;
}

/** What the log says of each backend; milliseconds a step at batch 64 on two cores, by `npm run bench:train`. */
const NOTES: Record<BackendName, string> = {
  node: 'training with tfjs-node (native TensorFlow)',
  wasm: 'training with tfjs on WebAssembly, one thread: about as fast as tfjs-node on two cores',
  cpu: 'training with tfjs in plain JavaScript: the same results, 200 to 800 times slower than WebAssembly',
};

/** Starts one backend; rejects where it cannot run here. */
const STARTERS: Record<BackendName, () => Promise<void>> = {
  node: startNode,
  wasm: startWasm,
  cpu: startCpu,
};

/**
 * Makes the fastest backend that loads the current one of tfjs, with every kernel that training needs. Call it once
 * before any other use of tfjs. A further call may change the backend; tensors move over when they are next used.
 *
 * It replaces stock kernels of the wasm backend for the whole process: measure stock tfjs in a process of its own.
 *
 * @throws RangeError for an unknown `prefer`; Error, its cause kept, where the preferred backend does not load.
 */
export async function selectBackend({ prefer, onLog }: BackendOptions = {}): Promise<SelectedBackend> {
  if (prefer != null && !NAMES.includes(prefer)) {
    throw new RangeError(`prefer: expected one of ${NAMES.join(', ')}, got ${String(prefer)}`);
  }
  const failures: Error[] = [];
  for (const name of prefer == null ? NAMES : [prefer]) {
    try {
      await STARTERS[name]();
      onLog?.(NOTES[name]);
      selected = { name, note: NOTES[name] };
      return selected;
    } catch (error) {
      failures.push(error as Error);
      onLog?.(`tfjs backend ${name} does not load: ${firstLine(error as Error)}`);
    }
  }
  const [cause] = failures;
  throw new Error(
    `tfjs backend ${prefer ?? NAMES.join(', ')}: expected it to load, got: ${firstLine(cause)}`,
    { cause },
  );
}

/** What `selectBackend` last chose. */
let selected: SelectedBackend | undefined;

/**
 * The backend of the last `selectBackend`, or of a first one now. tfjs' own current backend says nothing: importing a
 * model already makes its plain JavaScript one current.
 */
export async function ensureBackend(options: BackendOptions = {}): Promise<SelectedBackend> {
  return selected ?? selectBackend(options);
}

/**
 * Runs `work` with the kernels that tfjs itself ships on the selected backend, then goes back: what a foreign model's
 * own engine computes.
 */
export async function withStockBackend<T>(work: () => Promise<T>): Promise<T> {
  const { name } = await ensureBackend();
  if (name !== 'wasm') return work();
  await use(STOCK_WASM);
  try {
    return await work();
  } finally {
    await use('wasm');
  }
}

function firstLine(error: Error): string {
  return error.message.trim().split('\n')[0];
}

/** tfjs-node is an optional dependency, and where its native library is absent importing it throws. */
async function startNode(): Promise<void> {
  const name: string = '@tensorflow/tfjs-node'; // not a literal, which tsc would look up
  await import(name);
  await use('tensorflow');
}

async function startWasm(): Promise<void> {
  const require = createRequire(import.meta.url);
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  registerTrainingKernels();
  await use('wasm');
  simd(backend() as unknown as BackendWasm); // fails here, not at the first gradient, where our module is not built
}

async function startCpu(): Promise<void> {
  registerTrainingKernels();
  await use('cpu');
  // The backend advertises tfjs-node on its first write; our note says more.
  (backend() as { firstUse?: boolean }).firstUse = false;
}

async function use(tfjsName: string): Promise<void> {
  if (!(await setBackend(tfjsName))) throw new Error(`tfjs could not start its backend ${tfjsName}`);
  await ready();
}
