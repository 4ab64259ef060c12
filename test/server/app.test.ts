import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import t from 'tap';
import { createApp } from '../../src/server/app.js';
import { listen, type Listening } from '../../src/server/listen.js';
import { FOLDERS, makeModel, raw, serve } from './fixtures.js';

const root = t.testdir(FOLDERS);
const lopBytes = makeModel(join(root, 'models'), 'tiny').length;
let server: Listening;
t.before(async () => {
  server = await serve(root);
});
t.after(() => server.close());

const get = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

t.test('the page has security headers that let WebAssembly compile and threads work', async (t) => {
  const response = await get('/');
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^text\/html/);
  const policy = response.headers.get('content-security-policy')!;
  t.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
  t.match(policy, /style-src 'self'(;|$)/);
  t.match(policy, /worker-src 'self' blob:(;|$)/);
  t.notMatch(policy, /unsafe-inline|unsafe-eval(?!')|upgrade-insecure-requests|https:/);
  t.equal(response.headers.get('x-content-type-options'), 'nosniff');
  t.equal(response.headers.get('x-powered-by'), null);
  t.equal(response.headers.get('strict-transport-security'), null);
});

t.test('every response isolates the page, so that it may share memory', async (t) => {
  const posted = { method: 'POST', headers: { 'content-type': 'application/octet-stream' } };
  for (const [path, init] of [
    ['/'],
    ['/assets/main.js'],
    ['/wasm/runtime.wasm'],
    ['/models/tiny/model.lop'],
    ['/api/models'],
    ['/none'],
    ['/metrics'],
    ['/api/infer?model=tiny', { ...posted, body: new Uint8Array(4) }],
  ] as [string, RequestInit?][]) {
    const { headers } = await get(path, init);
    t.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path);
    t.equal(headers.get('cross-origin-embedder-policy'), 'require-corp', path);
  }
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

t.test('what is named by its content is kept for ever, the rest is asked about', async (t) => {
  const cached = async (path: string) => (await get(path)).headers.get('cache-control');
  // not `fetch`, which adds `Cache-Control: no-cache` to a condition of ours
  const again = async (path: string, tag: string) =>
    (await raw(server.port, path, { headers: { 'if-none-match': tag } })).status;
  const forEver = 'public, max-age=31536000, immutable';
  t.equal(await cached('/'), 'no-cache');
  t.equal(await cached('/assets/main.js'), 'no-cache');
  t.equal(await cached('/assets/part-ABCD2345.js'), forEver);
  t.equal(await cached('/wasm/runtime.wasm'), 'no-cache');
  t.equal(await cached('/wasm/runtime.wasm?v=1'), forEver, 'the build says so');
  t.equal(await cached('/models/tiny/model.lop'), 'no-cache');
  t.equal(await cached('/models/tiny/model.lop?v=0123456789abcdef'), 'no-cache', 'another content');
  const { models } = (await (await get('/api/models')).json()) as { models: any[] };
  const { dense, versions } = models.find(({ name }) => name === 'tiny');
  for (const url of [dense.url, versions[0].url]) {
    t.match(url, /\?v=[0-9a-f]{16}$/);
    t.equal(await cached(url), forEver);
    const tag = (await get(url)).headers.get('etag')!;
    t.equal(await again(url, tag), 304);
  }
  const page = (await get('/')).headers.get('etag')!;
  t.equal(await again('/', page), 304);
});

t.test('a model that is replaced gets another address at once', async (t) => {
  makeModel(join(root, 'models'), 'changing');
  const address = async () => {
    const { models } = (await (await get('/api/models')).json()) as { models: any[] };
    return models.find(({ name }) => name === 'changing').versions[0].url as string;
  };
  const before = await address();
  t.equal(await address(), before);
  makeModel(join(root, 'models'), 'changing', { sparsity: 0.25 });
  const after = await address();
  t.not(after, before);
  t.equal((await get(before)).headers.get('cache-control'), 'no-cache');
  rmSync(join(root, 'models', 'changing'), { recursive: true });
});

t.test('GET /api/models lists what can be shown, and says what is broken', async (t) => {
  const { models } = (await (await get('/api/models')).json()) as { models: any[] };
  t.same(
    models.map(({ name }) => name),
    ['broken', 'tiny'],
  );
  t.match(models[0], { name: 'broken', error: /expected/ });
  t.match(models[1], {
    title: 'tiny',
    labels: ['a', 'b', 'c'],
    inputShape: [4],
    preprocessing: { scale: 2, offset: -1 },
    dense: { format: 'tfjs-layers', accuracy: 0.99, params: 15, onnx: null },
    versions: [{ id: 'model', bytes: lopBytes, dtype: 'f32', sparsity: 0.5, accuracy: 0.9876, report: null }],
  });
  t.ok(models[1].dense.bytes > 60);
});

t.test('versions and reports beside a model, densest first', async (t) => {
  const bundled = fileURLToPath(new URL('../../models/', import.meta.url));
  const folder = join(root, 'models', 'many');
  makeModel(join(root, 'models'), 'many');
  mkdirSync(join(folder, 'versions'));
  copyFileSync(join(bundled, 'mnist-cnn', 'model.lop'), join(folder, 'versions', 'cnn.lop'));
  writeFileSync(join(folder, 'versions', 'cnn.html'), '<!doctype html>report');
  writeFileSync(join(folder, 'versions', '.hidden.lop'), 'no');
  const { models } = (await (await get('/api/models')).json()) as { models: any[] };
  const { versions } = models.find(({ name }) => name === 'many');
  t.match(versions, [
    { id: 'cnn', dtype: 'int8', params: 20410, accuracy: 0.9816 },
    { id: 'model', dtype: 'f32', params: 15, kept: 15 },
  ]);
  t.ok(versions[0].kept < 20410 / 5);
  t.equal((await get(versions[0].url)).status, 200);
  const report = await get(versions[0].report);
  t.match(report.headers.get('content-type'), /^text\/html/);
  t.match(report.headers.get('content-security-policy'), /default-src 'none'.*sandbox/);
  rmSync(folder, { recursive: true });
});

t.test('what is not there is a 404 in JSON', async (t) => {
  for (const path of [
    '/nothing',
    '/models/none/model.lop',
    '/models/tiny/dense/none.bin',
    '/models/tiny/dense.onnx',
    '/api/none',
    '/models/tiny/',
  ]) {
    const response = await get(path);
    t.equal(response.status, 404, path);
    t.same(await response.json(), { error: `${path}: not found` });
  }
});

t.test('no path leads out of the folders', async (t) => {
  symlinkSync(join(root, 'secret'), join(root, 'models', 'tiny', 'dense', 'link.bin'));
  symlinkSync(root, join(root, 'models', 'linked'));
  const paths = [
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/%252e%252e/secret',
    '/models/../../secret',
    '/models/..%2f..%2fsecret/model.lop',
    '/models/%252e%252e%252fsecret/model.lop',
    '/models/tiny/..%5c..%5csecret',
    '/models/tiny/dense/..%2f..%2f..%2fsecret',
    '/models/tiny/dense/..%252f..%252f..%252fsecret',
    '/models/tiny/dense/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret',
    '/models/tiny/dense/..%5c..%5c..%5csecret',
    '/models/tiny/dense/link.bin',
    '/models/linked/dense/secret',
    '/models/%2e%2e/model.lop',
    '/models/tiny/model.lop%00.html',
    '/assets/..%2f..%2fsecret',
    '//etc/passwd',
    '/models/tiny/dense/%00',
    '/%',
  ];
  for (const path of paths) {
    const { status, body } = await raw(server.port, path);
    t.ok(status >= 400 && status < 500, `${path}: ${status}`);
    t.notMatch(body, 'not yours');
    t.ok('error' in (JSON.parse(body) as object), body);
  }
});

t.test('only the methods that a path has, and no long bodies', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const response = await get('/api/models', { method });
    t.equal(response.status, 405, method);
    t.equal(response.headers.get('allow'), 'GET, HEAD');
    t.match(await response.json(), { error: `method: expected GET or HEAD, got ${method}` });
    t.equal((await get('/', { method })).status, 405);
  }
  t.equal((await get('/', { method: 'HEAD' })).status, 200);
  const infer = await get('/api/infer');
  t.equal(infer.status, 405);
  t.equal(infer.headers.get('allow'), 'POST');
  const length = { headers: { 'content-length': '5000000' } };
  const large = await raw(server.port, '/api/models', length, 'x'.repeat(5_000_000)).catch(() => undefined);
  if (large) t.match(JSON.parse(large.body), { error: /at most 1024 bytes.*got 5000000/ });
  t.ok((await get('/api/models')).ok, 'the server goes on');
  const long = await raw(server.port, `/${'x'.repeat(20_000)}`);
  t.equal(long.status, 431);
});

t.test('another site may not act in a visitor’s name', async (t) => {
  const headers = { 'sec-fetch-site': 'cross-site' };
  const { status, body } = await raw(server.port, '/api/jobs', { method: 'POST', headers });
  t.equal(status, 403);
  t.match(JSON.parse(body), { error: /^origin: expected a request of this site/ });
  t.equal((await raw(server.port, '/api/models', { headers })).status, 200, 'reading is free');
});

t.test('a port in use and a folder that went away', async (t) => {
  let logged = '';
  const lines = new Writable({
    write(line, _encoding, done) {
      logged += line;
      done();
    },
  });
  const options = { models: join(root, 'gone'), publicDir: join(root, 'public') };
  const app = createApp({ ...options, log: pino({ level: 'error' }, lines) });
  await t.rejects(listen(app, { port: server.port }), {
    message: /expected it free, got one in use; choose another with --port/,
  });
  const other = await listen(app, { port: 0 });
  const response = await fetch(new URL('/api/models', other.url));
  t.equal(response.status, 500);
  t.same(await response.json(), { error: 'the server failed' }, 'the reason is not told to clients');
  t.match(logged, /"path":"\/api\/models".*ENOENT|ENOENT.*"path":"\/api\/models"/, 'but logged');
  t.equal((await fetch(new URL('/readyz', other.url))).status, 503, 'and it is not ready');
  await other.close();
});

t.test('closing waits for what is under way, then answers no more', async (t) => {
  const own = await serve(root);
  const response = await fetch(new URL('/api/models', own.url));
  const [body] = await Promise.all([response.text(), own.close()]);
  t.match(body, /tiny/);
  await t.rejects(fetch(own.url));
});

// The server would keep the process alive for ever; ending here closes it.
t.end();
