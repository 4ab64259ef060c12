/** The build, by zlib and base64; scripts/build-runtime.mjs writes the module. */
declare const wasm: string;
export default wasm;
