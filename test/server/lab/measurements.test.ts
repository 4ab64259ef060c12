import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Measurement, MeasurementRequest } from '../../../src/server/api/schemas.js';
import { csvField } from '../../../src/server/lab/csv.js';
import { MeasurementStore } from '../../../src/server/lab/store.js';
import { FOLDERS, serve } from '../fixtures.js';

function measured(
  more: Partial<MeasurementRequest['device']> = {},
  runtimes = ['lopper'],
): MeasurementRequest {
  return {
    device: {
      userAgent: 'Mozilla/5.0',
      cores: 8,
      memoryGb: 8,
      platform: 'Linux',
      mobile: false,
      ...more,
    },
    results: runtimes.map((runtime, i) => ({
      model: 'mnist-cnn',
      version: 'model',
      runtime: runtime as 'lopper',
      threads: 1,
      median_ms: 0.25 + i,
      p95_ms: 0.5 + i,
      min_ms: 0.125 + i,
      runs: 100,
      bytes: 3899,
    })),
  };
}

t.test('what was measured is there after a restart, latest first', async (t) => {
  const path = join(t.testdir(), 'lab.sqlite');
  const store = new MeasurementStore(path);
  t.equal(store.add(measured({ name: "Robert'); DROP TABLE result;--" }, ['lopper', 'tfjs-wasm'])), 1);
  t.equal(store.add(measured({ memoryGb: null, mobile: true })), 2);
  store.close();
  store.close();
  const again = new MeasurementStore(path);
  const [second, first] = again.list();
  t.match(second, { id: 2, device: { memoryGb: null, mobile: true } });
  t.notOk('name' in second.device);
  const given = measured({ name: "Robert'); DROP TABLE result;--" }, ['lopper', 'tfjs-wasm']);
  t.same({ device: first.device, results: first.results }, given, 'figures come back as they were sent');
  t.equal(again.add(measured()), 3);
  again.close();
});

t.test('a query names a model and a runtime', async (t) => {
  const store = new MeasurementStore(join(t.testdir(), 'lab.sqlite'));
  store.add(measured({}, ['lopper', 'ort-web']));
  store.add(measured({}, ['reference']));
  t.same(
    store.list({ runtime: 'ort-web' }).map(({ id, results }) => [id, results.length]),
    [[1, 1]],
  );
  t.equal(store.list({ model: 'mnist-cnn' }).length, 2);
  t.same(store.list({ model: "x' OR '1'='1" }), []);
  store.close();
});

t.test('the oldest go where there are too many', async (t) => {
  const store = new MeasurementStore(join(t.testdir(), 'lab.sqlite'), 3);
  for (let i = 0; i < 5; i++) store.add(measured({ name: `device ${i}` }));
  t.same(
    store.list().map(({ device }) => device.name),
    ['device 4', 'device 3', 'device 2'],
  );
  store.close();
});

t.test('a killed server leaves a lock, which the next one takes over', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'lab.sqlite');
  new MeasurementStore(path).close();
  mkdirSync(`${path}.lock`);
  const store = new MeasurementStore(path);
  t.equal(store.add(measured()), 1);
  store.close();
});

t.test('fields of a table that a spreadsheet would compute do not', async (t) => {
  t.equal(csvField('=HYPERLINK("http://evil")'), `"'=HYPERLINK(""http://evil"")"`);
  for (const text of ['+1', '-1', '@SUM(A1)', '\t=1']) t.equal(csvField(text), `'${text}`);
  t.equal(csvField('\r=1'), `"'\r=1"`);
  t.equal(csvField('a,b'), '"a,b"');
  t.equal(csvField('a"b'), '"a""b"');
  t.equal(csvField('line\nbreak'), '"line\nbreak"');
  t.equal(csvField(-1.5), '-1.5', 'a number is a number');
  t.equal(csvField(null), '');
  t.equal(csvField(true), 'true');
});

t.test('over HTTP', async (t) => {
  const root = t.testdir(FOLDERS);
  const store = new MeasurementStore(join(root, 'lab.sqlite'));
  const server = await serve(root, { measurements: store, limits: { measurementsPerMinute: 20 } });
  const at = (path: string): URL => new URL(`/api/measurements${path}`, server.url);
  const headers = { 'content-type': 'application/json' };
  const post = async (body: unknown, type = headers) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(at(''), { method: 'POST', body: text, headers: type });
    return { status: response.status, json: (await response.json()) as { id?: number; error?: string } };
  };
  t.same(await post(measured({ name: '=1+1' })), { status: 201, json: { id: 1 } });
  t.equal((await post(measured({}, ['lopper-threads', 'reference']))).status, 201);

  const { device, results } = measured();
  const [result] = results;
  const cases: [unknown, number, RegExp][] = [
    ['{', 400, /^body: expected JSON/],
    [{ device }, 400, /^body.results/],
    [{ device, results: [] }, 400, /^body.results/],
    [{ device, results: Array.from({ length: 201 }, () => result) }, 400, /^body.results/],
    [{ device, results: [{ ...result, runtime: 'none' }] }, 400, /^body.results.0.runtime.*got 'none'/],
    [{ device, results: [{ ...result, median_ms: -1 }] }, 400, /median_ms.*got -1/],
    [{ device, results: [{ ...result, median_ms: null }] }, 400, /median_ms/],
    [{ device, results: [{ ...result, model: '../x' }] }, 400, /results.0.model/],
    [{ device: { ...device, cores: 1.5 }, results }, 400, /device.cores/],
    [{ device: { ...device, name: 'x'.repeat(61) }, results }, 400, /device.name/],
    [{ device: { ...device, more: 1 }, results }, 400, /more/],
    [`{"device":{},"__proto__":{"polluted":true}}`, 400, /^body/],
    [' '.repeat(300_000), 413, /^body: expected at most 262144 bytes, got 300000/],
  ];
  for (const [body, status, message] of cases) {
    const got = await post(body);
    t.equal(got.status, status, String(message));
    t.match(got.json.error, message);
  }
  t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  t.equal((await post(measured(), { 'content-type': 'text/plain' })).status, 415);

  const list = async (query: string): Promise<Measurement[]> =>
    ((await (await fetch(at(query))).json()) as { measurements: Measurement[] }).measurements;
  t.same(
    (await list('')).map(({ id }) => id),
    [2, 1],
  );
  t.same(
    (await list('?runtime=reference')).map(({ id, results }) => [id, results.length]),
    [[2, 1]],
  );
  t.same(await list('?model=other'), []);
  t.equal((await fetch(at('?runtime=none'))).status, 400);

  const csv = await fetch(at('.csv?runtime=lopper'));
  t.match(csv.headers.get('content-type'), /^text\/csv/);
  t.match(csv.headers.get('content-disposition'), /attachment; filename="?lopper-measurements.csv/);
  const lines = (await csv.text()).split('\r\n');
  t.equal(lines.length, 3, 'a head, a row, an end');
  t.match(lines[0], /^id,created,name,.*,median_ms,p95_ms,min_ms,runs,bytes$/);
  t.match(
    lines[1],
    /^1,[\dT:.-]+Z,'=1\+1,Linux,false,8,8,Mozilla\/5.0,mnist-cnn,model,lopper,1,0.25,0.5,0.125,100,3899$/,
  );
  const json = await fetch(at('.json'));
  t.match(json.headers.get('content-disposition'), /lopper-measurements.json/);
  t.same(((await json.json()) as { measurements: Measurement[] }).measurements, await list(''));

  const more = await Promise.all(Array.from({ length: 10 }, () => post(measured())));
  t.ok(
    more.some(({ status }) => status === 429),
    'one client cannot fill the table at once',
  );
  await server.close();
  store.close();
});
