import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { fetchSource } from '../../../src/train/data/fetch.js';
import { loadDataset } from '../../../src/train/data/index.js';
import { SOURCES, type Source } from '../../../src/train/data/sources.js';
import { tarMembers } from '../../../src/train/data/tar.js';
import { tarFile } from './sets.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Serves `files` by name; others are 404. */
async function serve(t: Tap, files: Record<string, Uint8Array>): Promise<string> {
  const server: Server = createServer((request, response) => {
    const bytes = files[(request.url ?? '').slice(1)];
    if (bytes) response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Tap {
  teardown(action: () => void): void;
}

const content = Buffer.from('eleven bytes');
const source = (changes: Partial<Source['files'][0]> = {}): Source => ({
  address: 'http://unused.invalid/',
  files: [{ name: 'a.gz', maximum: 1000, contentSha256: sha256(content), ...changes }],
});

t.test('fetches with progress, checks, and leaves nothing else behind', async (t) => {
  const bytes = gzipSync(content);
  const address = await serve(t, { 'a.gz': bytes });
  const cache = t.testdir();
  const seen: [string, number, number][] = [];
  const onProgress = (...args: [string, number, number]): void => void seen.push(args);
  await fetchSource(source(), join(cache, 'set'), { fetch, address, onProgress });
  t.same(readFileSync(join(cache, 'set', 'a.gz')), bytes);
  t.same(readdirSync(cache), ['set']);
  t.same(seen.at(-1), ['a.gz', bytes.length, bytes.length]);
});

t.test('keeps the members of an archive', async (t) => {
  const archive = gzipSync(tarFile({ 'folder/x.bin': Buffer.alloc(600, 7), 'folder/readme.html': content }));
  const address = await serve(t, { 'a.tar.gz': archive });
  const cache = t.testdir();
  const files = [{ name: 'a.tar.gz', maximum: 1e6, sha256: sha256(archive) }];
  await fetchSource({ address, files, tarMembers: '.bin' }, join(cache, 'set'), { fetch });
  t.same(readdirSync(join(cache, 'set')), ['x.bin']);
  t.same(readFileSync(join(cache, 'set', 'x.bin')), Buffer.alloc(600, 7));
});

t.test('a failed fetch leaves no folder', async (t) => {
  const address = await serve(t, { 'a.gz': gzipSync(content), 'b.gz': content });
  const cases: [Source, string, RegExp][] = [
    [source({ name: 'missing.gz' }), address, /missing.gz: expected status 200, got 404/],
    [source({ contentSha256: '00' }), address, /expected SHA-256 00, got [0-9a-f]{64}/],
    [source({ maximum: 5 }), address, /expected at most 5 bytes, got more/],
    [source({ name: 'b.gz' }), address, /expected a complete gzip file, got 12 bytes that are not/],
    [source(), 'http://127.0.0.1:1', /expected an answer, got ".*"; check the connection/],
  ];
  for (const [wanted, at, message] of cases) {
    const cache = t.testdir();
    const fetched = fetchSource(wanted, join(cache, 'set'), { fetch, address: at });
    await t.rejects(fetched, { name: 'DatasetError', message });
    t.same(readdirSync(cache), []);
  }
});

t.test('an abort cuts a fetch off', async (t) => {
  const address = await serve(t, { 'a.gz': gzipSync(content) });
  const folder = join(t.testdir(), 'set');
  const options = { fetch, address, signal: AbortSignal.abort(new Error('stop')) };
  await t.rejects(fetchSource(source(), folder, options), { message: 'stop' });
  t.notOk(existsSync(folder));
});

t.test('loadDataset fetches only with a fetch, into the cache', async (t) => {
  const address = await serve(t, {});
  const home = process.env.HOME;
  process.env.HOME = t.testdir();
  t.teardown(() => (process.env.HOME = home));
  await t.rejects(loadDataset('cifar10'), { message: /^cifar10: expected a folder/ });
  const log: string[] = [];
  const fetched = loadDataset('cifar10', { fetch, address, onLog: (line) => log.push(line) });
  await t.rejects(fetched, { message: /cifar-10-binary.tar.gz: expected status 200, got 404/ });
  t.match(log, [/^cifar10: fetching from http:\/\/127/]);
});

t.test('a cut archive', (t) => {
  const archive = tarFile({ 'x.bin': Buffer.alloc(600) });
  t.throws(
    () => [...tarMembers(archive.subarray(0, 1024), '.bin')],
    /x.bin: expected 600 bytes in the archive, got 512/,
  );
  t.end();
});

t.test('every published file has exactly one hash', (t) => {
  for (const file of Object.values(SOURCES).flatMap(({ files }) => files)) {
    t.equal([file.sha256, file.contentSha256].filter((hash) => hash?.length === 64).length, 1, file.name);
  }
  t.end();
});
