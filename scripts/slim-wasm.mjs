// Makes the runtime's module small where it is not fast: asc has one setting for all, and with its -O3 the module is 53 KB (19.4 KB
// gzip); with a shrink level it is 37 KB, but the kernels then call a function for every dot. So kernels are inlined first, while all
// other functions are kept out of line; then everything is shrunk, which leaves the finished loops as they are.
import binaryen from 'assemblyscript/binaryen';
import { readdirSync } from 'node:fs';

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
  return [...parts.map((name) => `assembly/${name.replace('.ts', '')}/*`), 'assembly/kernels/softmax/exp'];
}

function read(bytes, relaxed) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES | (relaxed ? Features.RelaxedSIMD : 0));
  return module;
}

/** Optimizes what asc compiled with `--optimizeLevel 0 --debug` (function names steer the inlining). */
export function slim(bytes, { assembly, relaxed }) {
  binaryen.setDebugInfo(true);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // The limits of asc's -O3.
  binaryen.setAlwaysInlineMaxSize(12);
  binaryen.setFlexibleInlineMaxSize(70);
  binaryen.setOneCallerInlineMaxSize(200);
  const kernels = read(bytes, relaxed);
  for (const pattern of outOfLine(assembly)) {
    binaryen.setPassArgument('no-inline', pattern);
    kernels.runPasses(['no-inline']);
  }
  kernels.optimize();
  const inlined = kernels.emitBinary();
  kernels.dispose();

  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // binaryen's own limits: small functions, and all with one caller.
  binaryen.setAlwaysInlineMaxSize(2);
  binaryen.setFlexibleInlineMaxSize(20);
  binaryen.setOneCallerInlineMaxSize(-1);
  let module = read(inlined, relaxed);
  for (let size = Infinity, next; (next = module.emitBinary().length) < size; size = next) module.optimize();
  module.runPasses(['strip-debug', 'strip-producers', 'strip-target-features']);
  binaryen.setDebugInfo(false);
  const result = module.emitBinary();
  module.dispose();
  return result;
}
