import { mkdirSync, writeFileSync } from 'node:fs';
import { request as rawRequest } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import { createApp } from '../../src/server/app.js';
import { listen, type Listening } from '../../src/server/listen.js';
import { network } from '../bench/networks.js';
import { random } from '../helpers/random.js';

const root = t.testdir({
  secret: 'not yours',
  public: {
    'index.html': '<!doctype html><title>page</title>',
    assets: { 'main.js': 'export {};', 'main.js.gz': gzipSync('export {};') },
    wasm: { 'runtime.wasm': Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) },
  },
  models: {
    README: 'not a model',
    broken: { 'model.lop': 'LOP1 but no more', dense: { 'model.json': '{}' } },
  },
});

function makeModel(name: string): number {
  const graph = network([4], [{ op: 'dense', kernel: [3, 4], shape: [3] }], random());
  graph.tensors.get('t0')!.shape = [3];
  graph.metadata = { accuracy: 0.9876, sparsity: 0.5, preprocessing: { scale: 2, offset: -1 } };
  const bytes = writeLop(graph);
  mkdirSync(join(root, 'models', name, 'dense'), { recursive: true });
  writeFileSync(join(root, 'models', name, 'model.lop'), bytes);
  const json = {
    userDefinedMetadata: { accuracy: 0.99 },
    weightsManifest: [{ paths: ['weights.bin'], weights: [] }],
  };
  writeFileSync(join(root, 'models', name, 'dense', 'model.json'), JSON.stringify(json));
  writeFileSync(join(root, 'models', name, 'dense', 'weights.bin'), Buffer.alloc(60));
  return bytes.length;
}

const lopBytes = makeModel('tiny');
let server: Listening;
t.before(async () => {
  server = await listen(createApp({ models: join(root, 'models'), publicDir: join(root, 'public') }), {
    port: 0,
  });
});
t.after(() => server.close());

const get = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

/** As a hostile client sends it: `fetch` would tidy the path up. */
function raw(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = rawRequest({ port: server.port, path }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: Buffer.concat(parts).toString() }),
      );
    });
    sent.on('error', reject).end();
  });
}

t.test('the page has security headers that let WebAssembly compile', async (t) => {
  const response = await get('/');
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^text\/html/);
  const policy = response.headers.get('content-security-policy')!;
  t.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
  t.match(policy, /style-src 'self'(;|$)/);
  t.notMatch(policy, /unsafe-inline|unsafe-eval(?!')|upgrade-insecure-requests|https:/);
  t.equal(response.headers.get('x-content-type-options'), 'nosniff');
  t.equal(response.headers.get('x-powered-by'), null);
  t.equal(response.headers.get('strict-transport-security'), null);
});

t.test(
  'wasm, scripts and models have their types; what the build compressed is sent compressed',
  async (t) => {
    t.equal((await get('/wasm/runtime.wasm')).headers.get('content-type'), 'application/wasm');
    const script = await get('/assets/main.js');
    t.equal(script.headers.get('content-encoding'), 'gzip');
    t.match(script.headers.get('content-type'), /javascript/);
    t.match(script.headers.get('vary'), /Accept-Encoding/);
    t.equal(await script.text(), 'export {};');
    const plain = await get('/assets/main.js', { headers: { 'accept-encoding': 'identity' } });
    t.equal(plain.headers.get('content-encoding'), null);
    t.equal(await plain.text(), 'export {};');
    const model = await get('/models/tiny/model.lop');
    t.equal(model.headers.get('content-type'), 'application/octet-stream');
    t.equal((await model.arrayBuffer()).byteLength, lopBytes);
    t.match((await get('/models/tiny/dense/model.json')).headers.get('content-type'), /json/);
    t.equal((await (await get('/models/tiny/dense/weights.bin')).arrayBuffer()).byteLength, 60);
  },
);

t.test('GET /api/models lists what can be shown, and says what is broken', async (t) => {
  const { models } = (await (await get('/api/models')).json()) as { models: Record<string, unknown>[] };
  t.same(
    models.map(({ name }) => name),
    ['broken', 'tiny'],
  );
  t.match(models[0], { name: 'broken', error: /expected/ });
  t.match(models[1], { lopBytes, sparsity: 0.5, accuracy: { dense: 0.99, lopper: 0.9876 } });
  t.match(models[1], { preprocessing: { scale: 2, offset: -1 } });
  t.ok((models[1].denseBytes as number) > 60);
});

t.test('what is not there is a 404 in JSON', async (t) => {
  for (const path of [
    '/nothing',
    '/models/none/model.lop',
    '/models/tiny/dense/none.bin',
    '/api/none',
    '/models/tiny/',
  ]) {
    const response = await get(path);
    t.equal(response.status, 404, path);
    t.same(await response.json(), { error: `${path}: not found` });
  }
});

t.test('no path leads out of the folders', async (t) => {
  const paths = [
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/models/../../secret',
    '/models/..%2f..%2fsecret/model.lop',
    '/models/tiny/dense/..%2f..%2f..%2fsecret',
    '/models/tiny/dense/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret',
    '/models/tiny/dense/..%5c..%5c..%5csecret',
    '/models/%2e%2e/model.lop',
    '/assets/..%2f..%2fsecret',
    '//etc/passwd',
    '/models/tiny/dense/%00',
    '/%',
  ];
  for (const path of paths) {
    const { status, body } = await raw(path);
    t.ok(status >= 400 && status < 500, `${path}: ${status}`);
    t.notMatch(body, 'not yours');
    t.ok('error' in (JSON.parse(body) as object), body);
  }
});

t.test('only GET and HEAD, and no long bodies', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const response = await get('/api/models', { method });
    t.equal(response.status, 405, method);
    t.equal(response.headers.get('allow'), 'GET, HEAD');
    t.match(await response.json(), { error: `method: expected GET or HEAD, got ${method}` });
  }
  t.equal((await get('/', { method: 'HEAD' })).status, 200);
  const large = await get('/api/models', { method: 'POST', body: 'x'.repeat(5_000_000) }).catch(
    () => undefined,
  );
  if (large) t.match(await large.json(), { error: /at most 1024 bytes.*got 5000000/ });
  t.ok((await get('/api/models')).ok, 'the server goes on');
  const long = await raw(`/${'x'.repeat(20_000)}`);
  t.equal(long.status, 431);
});

t.test('a port in use and a folder that went away', async (t) => {
  const app = createApp({ models: join(root, 'gone'), publicDir: join(root, 'public') });
  await t.rejects(listen(app, { port: server.port }), {
    message: /expected it free, got one in use; choose another with --port/,
  });
  const other = await listen(app, { port: 0 });
  const write = process.stderr.write;
  let logged = '';
  process.stderr.write = ((line: string) => (logged += line)) as never;
  const response = await fetch(new URL('/api/models', other.url));
  process.stderr.write = write;
  t.equal(response.status, 500);
  t.same(await response.json(), { error: 'the server failed' }, 'the reason is not told to clients');
  t.match(logged, /GET \/api\/models: .*ENOENT/, 'but logged');
  await other.close();
});

t.test('closing waits for what is under way, then answers no more', async (t) => {
  const own = await listen(createApp({ models: join(root, 'models'), publicDir: join(root, 'public') }), {
    port: 0,
  });
  const response = await fetch(new URL('/api/models', own.url));
  const [body] = await Promise.all([response.text(), own.close()]);
  t.match(body, /tiny/);
  await t.rejects(fetch(own.url));
});

// The server would keep the process alive for ever; ending here closes it.
t.end();
