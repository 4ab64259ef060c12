import type { MakeOnnx } from '../../server/models/catalog.js';

/** The dense original as f32 ONNX, as the benches give it to onnxruntime. */
export const denseOnnx: MakeOnnx = async (modelJson) => {
  const [{ prepareForExport }, { readLop, writeLop }, { importModel }, { graphToOnnx }] = await Promise.all([
    import('../../passes/index.js'),
    import('../../format/index.js'),
    import('../../import/index.js'),
    import('../../bench/onnx/from-graph.js'),
  ]);
  return graphToOnnx(readLop(writeLop(prepareForExport(await importModel(modelJson)))));
};
