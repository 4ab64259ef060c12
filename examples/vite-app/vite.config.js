export default {
  // Bundled beforehand, the runtime would not find its .wasm beside itself.
  optimizeDeps: { exclude: ['lopper-runtime'] },
  build: { target: 'es2022' },
};
