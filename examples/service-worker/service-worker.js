// Answers POST classify (784 numbers as f32) from the network, and everything else from the cache: no network after the first visit.
import { load } from './node_modules/lopper-runtime/dist/wasm/lopper.js';

const CACHE = 'digits-1';
const MODEL = 'digits.lop';
const WASM = 'node_modules/lopper-runtime/dist/wasm/lopper-simd128.wasm';

let model;

/** The browser ends an idle worker and starts it again, so the model is loaded when it is first asked for. */
async function loadCached() {
  const cache = await caches.open(CACHE);
  const [file, wasm] = await Promise.all([cache.match(MODEL), cache.match(WASM)]);
  return load(file, { wasm: await wasm.arrayBuffer() });
}

async function classify(request) {
  const [scores] = (await (model ??= loadCached())).run(new Float32Array(await request.arrayBuffer()));
  return Response.json({ digit: scores.indexOf(Math.max(...scores)), scores: [...scores] });
}

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(['./', MODEL, WASM])));
  skipWaiting();
});
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.url.endsWith('/classify')) event.respondWith(classify(request));
  else event.respondWith(caches.match(request).then((cached) => cached ?? fetch(request)));
});
