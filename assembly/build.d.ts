/** 1 in the full build, 0 in the core build, which has no f32 layers (docs/runtime.md, Builds). Set by scripts/build-wasm.mjs. */
declare const LOPPER_FULL: i32;
