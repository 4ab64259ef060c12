/** A server for the bench page on this machine alone; cross-origin isolated, so that the page has fine clocks and threads. */
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/bench/page.js"></script>';

const packaged = (name: string): string => dirname(require.resolve(name));

/** Folders by the first part of an address. The bundled page looks for the runtime's own files beside itself. */
function folders(): Map<string, string> {
  const dist = fileURLToPath(new URL('../../', import.meta.url)).replace(/src\/$/, 'dist/');
  return new Map([
    ['wasm', join(dist, 'wasm')],
    ['bench', join(dist, 'runtime')],
    ['tfjs', packaged('@tensorflow/tfjs-backend-wasm')],
    ['ort', packaged('onnxruntime-web')],
  ]);
}

export interface BenchServer {
  url: string;
  /** Makes bytes available under an address of this server, and returns that. */
  add(name: string, bytes: Uint8Array): string;
  close(): Promise<void>;
}

function answer(response: ServerResponse, path: string, bytes: Uint8Array): void {
  const type = path === '/' ? 'text/html' : (TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream');
  response.writeHead(200, { ...ISOLATED, 'Content-Type': type, 'Content-Length': bytes.length }).end(bytes);
}

/** @param script the bundled page */
export async function serveBench(script: Uint8Array): Promise<BenchServer> {
  const known = new Map<string, Uint8Array>([
    ['/', new TextEncoder().encode(PAGE)],
    ['/bench/page.js', script],
  ]);
  const at = folders();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [folder, ...rest] = pathname.split('/').slice(1);
    const made = known.get(pathname);
    if (made) return answer(response, pathname, made);
    // One name below a folder of the table: nothing else of this machine can be asked for.
    const below = at.get(folder);
    const file = below && rest.length === 1 ? join(below, basename(rest[0])) : undefined;
    const bytes = file && (await readFile(file).catch(() => undefined));
    if (bytes) return answer(response, pathname, bytes);
    response.writeHead(404, ISOLATED).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  let count = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    add: (name, bytes) => {
      const path = `/files/${count++}-${encodeURIComponent(name)}`;
      known.set(path, bytes);
      return path;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
