// POST with 784 bytes, the pixels of a digit row by row, answers { digit, scores }.
import { load } from 'lopper-runtime';
import module from 'lopper-runtime/wasm/lopper-simd128.wasm';
import digits from './digits.lop';

const PIXELS = 784;
let model;

export default {
  async fetch(request) {
    if (request.method !== 'POST') return Response.json({ error: 'method: expected POST' }, { status: 405 });
    const pixels = new Uint8Array(await request.arrayBuffer());
    if (pixels.length !== PIXELS) {
      return Response.json(
        { error: `body: expected ${PIXELS} bytes, got ${pixels.length}` },
        { status: 400 },
      );
    }
    // Workers compile no WebAssembly at run time: `module` was compiled when the worker was uploaded.
    const [scores] = (await (model ??= load(digits, { module }))).run(
      Float32Array.from(pixels, (p) => p / 255),
    );
    return Response.json({ digit: scores.indexOf(Math.max(...scores)), scores: [...scores] });
  },
};
