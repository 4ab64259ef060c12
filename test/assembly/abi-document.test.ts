/** docs/runtime.md, ABI: its tables name what the built modules export, and its example is what they do. */
import binaryen from 'assemblyscript/binaryen';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Runtime } from './harness.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const WASM = readdirSync(`${ROOT}dist/wasm`).filter((name) => name.endsWith('.wasm'));
const DOCUMENT = read('docs/runtime.md');
const ABI = DOCUMENT.slice(DOCUMENT.indexOf('## ABI'), DOCUMENT.indexOf('## Threads'));

const I32 = ['u32', 'i32', 'ptr', 'code'];
const THREADS = ['split', 'work'];

/** `name(i32,i32):i32` of each function that the tables name; a type that they do not introduce stays as it is. */
function documentedFunctions(): Map<string, string> {
  const wasm = (type: string): string => (I32.includes(type) ? 'i32' : type);
  const rows = [...ABI.matchAll(/^\| `(\w+)\((.*)\)(?:: (\w+))?` \|/gm)];
  return new Map(
    rows.map(([, name, parameters, result]) => {
      const types = parameters ? parameters.split(', ').map((p) => wasm(p.split(': ')[1])) : [];
      return [name, `(${types.join()}):${result ? wasm(result) : ''}`];
    }),
  );
}

/** The same of a built module; memory as `memory`. */
function exportsOf(file: string): Map<string, string> {
  const module = binaryen.readBinary(readFileSync(`${ROOT}dist/wasm/${file}`));
  const name = (type: number): string => (type === binaryen.i32 ? 'i32' : `type ${type}`);
  const names = (type: number): string => binaryen.expandType(type).map(name).join();
  const found = Array.from({ length: module.getNumExports() }, (_, i): [string, string] => {
    const { kind, name, value } = binaryen.getExportInfo(module.getExportByIndex(i));
    if (kind === binaryen.ExternalMemory) return [name, 'memory'];
    const { params, results } = binaryen.getFunctionInfo(module.getFunction(value));
    return [name, `(${names(params)}):${names(results)}`];
  });
  module.dispose();
  return new Map(found);
}

t.test('the table of builds has all, and only what is built', async (t) => {
  const table = DOCUMENT.slice(DOCUMENT.indexOf('## Builds'), DOCUMENT.indexOf('## ABI'));
  const named = table
    .split('\n')
    .flatMap((line) => (line.startsWith('| `lopper') ? line.match(/lopper-[\w-]+\.wasm/g) : []));
  t.same([...named].sort(), [...WASM].sort());
});

for (const file of WASM) {
  t.test(`${file}: exports and signatures of the tables`, async (t) => {
    const want = documentedFunctions();
    t.equal(want.size, 7);
    if (!file.includes('threads')) for (const name of THREADS) want.delete(name);
    want.set('memory', 'memory');
    const got = exportsOf(file);
    t.same([...got].sort(), [...want].sort());
  });
}

t.test('the engine needs the named parts of WebAssembly 2.0, and no others', async (t) => {
  const parts = ['simd', 'bulk-memory', 'sign-extension', 'saturating-float-to-int'];
  const others = ['mutable-globals', 'multi-value', 'reference-types'];
  const accepts = (without: string[]): boolean => {
    const flags = without.map((part) => `--disable-${part}`);
    const args = [
      `${ROOT}node_modules/wabt/bin/wasm-validate`,
      ...flags,
      `${ROOT}dist/wasm/lopper-simd128-all.wasm`,
    ];
    try {
      execFileSync(process.execPath, args, { stdio: 'pipe' });
      return true;
    } catch {
      return false;
    }
  };
  t.ok(accepts(others));
  for (const part of parts) t.notOk(accepts([part]), part);
});

/** The bytes of the file that FORMAT.md writes out. */
function completeFile(): Uint8Array {
  const lines = /```hex\n([^`]*)```/.exec(read('src/format/FORMAT.md'))![1].split('\n');
  return Buffer.from(lines.map((line) => line.split('|')[0].replaceAll(' ', '')).join(''), 'hex');
}

/** Replays lines of the example on an instance; throws at the first that is not so. */
class Replay {
  readonly #runtime = new Runtime('simd128-full');
  readonly #names = new Map<string, number>();

  step(line: string): string {
    const [, left, sign, right] = /^(?:(\S+) (=|<-|->) )?(.+)$/.exec(line)!;
    if (sign === '<-') return this.#write(left, right);
    if (sign === '->') return this.#compare(left, right);
    return this.#assign(left, this.#value(right), right);
  }

  #number(word: string): number {
    return this.#names.get(word) ?? Number(word);
  }

  /** What a call or `record[word]` gives. */
  #value(text: string): number {
    const [, name, call, list] = /^(\w+)([([])(.*)[)\]]$/.exec(text)!;
    const numbers = list
      .split(', ')
      .filter(Boolean)
      .map((word) => this.#number(word));
    if (call === '[') return this.#runtime.words[this.#number(name) / 4 + numbers[0]];
    const exports = this.#runtime.exports as unknown as Record<string, (...values: number[]) => number>;
    return exports[name](...numbers);
  }

  #assign(left: string | undefined, value: number, right: string): string {
    if (left && /^\d+$/.test(left)) return value === Number(left) ? '' : `${right} is ${value}`;
    if (left) this.#names.set(left, value);
    return value === 0 ? `${right} is 0` : '';
  }

  #bytes(at: string, length: number): Uint8Array {
    return new Uint8Array(this.#runtime.exports.memory.buffer, this.#number(at), length);
  }

  #write(at: string, text: string): string {
    const bytes = text === 'FORMAT.md' ? completeFile() : Buffer.from(text.replaceAll(' ', ''), 'hex');
    this.#bytes(at, bytes.length).set(bytes);
    return '';
  }

  #compare(at: string, text: string): string {
    const want = text.split(' ');
    const got = [...this.#bytes(at, want.length)].map((byte) => byte.toString(16).padStart(2, '0'));
    return want.every((byte, i) => byte === '..' || byte === got[i]) ? '' : `${at} has ${got.join(' ')}`;
  }
}

t.test('the example is what the full build does', async (t) => {
  const lines = /```calls\n([^`]*)```/.exec(ABI)![1].trim().split('\n');
  const replay = new Replay();
  for (const line of lines) t.equal(replay.step(line.split('#')[0].trim()), '', line);
  t.ok(lines.length > 20);
});

t.test('the example is checked: other bytes are found', async (t) => {
  const replay = new Replay();
  t.equal(replay.step('file = reserve(219)'), '');
  t.equal(replay.step('file <- FORMAT.md'), '');
  t.equal(replay.step('file -> 4c 4f 50 32'), 'file has 4c 4f 50 31');
  t.equal(replay.step('3 = load(file, 219, 1)'), 'load(file, 219, 1) is 0');
});

t.test('a run does not change its inputs', async (t) => {
  for (const name of ['mnist-cnn', 'lenet-300-100', 'lenet-5']) {
    const runtime = new Runtime('simd128');
    t.equal(runtime.load(readFileSync(`${ROOT}models/${name}/model.lop`)), 0);
    const input = runtime.tensor(0, 0);
    input.set(input.map((_, i) => (i % 7) / 7));
    const before = [...input];
    runtime.exports.run(0, -1);
    t.same([...input], before);
  }
});
