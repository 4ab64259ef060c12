/** 1 in the full build, 0 in the core build, which has no f32 layers (docs/runtime.md, Builds). Set by scripts/build-wasm.mjs. */
declare const LOPPER_FULL: i32;
/** 1 in the build of all operators, 0 in those without the rare ones, which are the others. */
declare const LOPPER_ALL: i32;
