// Makes the runtime's module small where it is not fast: asc has one setting for all, and with its -O3 the module is 53 KB (19.4 KB
// gzip); with a shrink level it is 37 KB, but the kernels then call a function for every dot. So kernels are inlined first, while all
// other functions are kept out of line; then everything is shrunk, which leaves the finished loops as they are.
import binaryen from 'assemblyscript/binaryen';
import { readdirSync, readFileSync } from 'node:fs';
import { order, Reader } from './order-wasm.mjs';

const { Features } = binaryen;
const FEATURES =
  Features.MutableGlobals |
  Features.NontrappingFPToInt |
  Features.SignExt |
  Features.BulkMemory |
  Features.BulkMemoryOpt |
  Features.SIMD128;

/** Functions of the runtime that are no kernels, as patterns of names; and of kernels what is not worth inlining. */
function outOfLine(assembly) {
  const parts = readdirSync(assembly).filter((name) => !['kernels', 'train', 'tsconfig.json'].includes(name));
  return [
    ...parts.map((name) => `assembly/${name.replace('.ts', '')}/*`),
    'assembly/kernels/softmax/exp',
    'assembly/kernels/functions/*_f*',
  ];
}

/** The kernels themselves. Within its caller one is a tenth to a quarter slower: V8 then spills in its loop what the caller keeps. */
function kernelNames(assembly) {
  const index = readFileSync(`${assembly}/kernels/index.ts`, 'utf8');
  return [...index.matchAll(/export \{ (.+) \} from '\.\/(.+)'/g)].flatMap(([, names, file]) =>
    names.split(', ').map((name) => `assembly/kernels/${file}/${name}`),
  );
}

function read(bytes, { relaxed, threads }) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES | (relaxed ? Features.RelaxedSIMD : 0) | (threads ? Features.Atomics : 0));
  return module;
}

const DATA_SECTION = 11;
/** Of the header before a string constant: u32 block size | u32 gc[2] | u32 id | u32 bytes. Id 2 is a string's. */
const HEADER = { block: 0, id: 12, bytes: 16, string: 2 };

/** Zeroes what asc writes before string constants and nothing here reads, all but their bytes: zeros are not stored. 50 B of gzip. */
function clearHeaders(bytes) {
  const copy = Buffer.from(bytes);
  const reader = new Reader(copy, 8);
  let section;
  while (reader.more && section?.id !== DATA_SECTION) {
    section = { id: reader.byte(), reader: new Reader(reader.take(reader.number())) };
  }
  section.reader.list(() => {
    // Active, and its offset: i32.const, the number, end.
    section.reader.skip(1);
    section.reader.take(1);
    section.reader.skip(1);
    section.reader.take(1);
    const data = section.reader.take(section.reader.number());
    if (data.length <= HEADER.bytes || data.readUInt32LE(HEADER.block) + 4 !== data.length) return;
    if (data.readUInt32LE(HEADER.id) !== HEADER.string) return;
    data.fill(0, HEADER.block, HEADER.bytes);
  });
  return copy;
}

function keepOutOfLine(module, patterns) {
  for (const pattern of patterns) {
    binaryen.setPassArgument('no-inline', pattern);
    module.runPasses(['no-inline']);
  }
}

/** Optimizes what asc compiled with `--optimizeLevel 0 --debug` (function names steer the inlining). */
export function slim(bytes, { assembly, effort, ...features }) {
  binaryen.setDebugInfo(true);
  // every access is proved in bounds when a model is loaded, so a value that nobody reads need not be loaded: 40 B of gzip
  binaryen.setTrapsNeverHappen(true);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // The limits of asc's -O3.
  binaryen.setAlwaysInlineMaxSize(12);
  binaryen.setFlexibleInlineMaxSize(70);
  binaryen.setOneCallerInlineMaxSize(200);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  const kernels = read(clearHeaders(bytes), features);
  keepOutOfLine(kernels, [...outOfLine(assembly), ...kernelNames(assembly)]);
  kernels.optimize();
  const inlined = kernels.emitBinary();
  kernels.dispose();

  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // binaryen's own limits for small functions; of those with one caller the largest stay apart: gzip saves 0.1 KB, as locals of small
  // functions have the same few numbers everywhere.
  binaryen.setAlwaysInlineMaxSize(2);
  binaryen.setFlexibleInlineMaxSize(20);
  binaryen.setOneCallerInlineMaxSize(400);
  binaryen.setAllowInliningFunctionsWithLoops(false);
  const module = read(inlined, features);
  keepOutOfLine(module, kernelNames(assembly));
  for (let size = Infinity, next; (next = module.emitBinary().length) < size; size = next) module.optimize();
  // Alignments are hints that no engine heeds, but for atomics, where they are the law; the same one everywhere repeats more.
  if (!features.threads) module.runPasses(['dealign']);
  module.runPasses(['strip-debug', 'strip-producers', 'strip-target-features']);
  if (!module.validate()) throw new Error('slim-wasm: expected a valid module, got the faults above');
  binaryen.setDebugInfo(false);
  const result = module.emitBinary();
  module.dispose();
  return order(result, effort);
}
