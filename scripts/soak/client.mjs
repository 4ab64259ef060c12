// Clients of a server on this machine: keep-alive requests, and bare sockets for what no client would send.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

/** A request without an answer is a fault after this, in ms. */
const PATIENCE = 60_000;

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.place = { host: hostname, port: Number(port) };
  }

  /** @returns status, headers and body; rejects where no answer comes */
  send(path, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const sent = request({
        ...this.place,
        path,
        method,
        agent: this.#agent,
        headers: { ...headers, ...length },
      });
      sent.setTimeout(PATIENCE, () =>
        sent.destroy(new Error(`${method} ${path}: expected an answer, got none`)),
      );
      sent.on('error', reject);
      sent.on('response', (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status, headers: got } = response;
          resolve({ status, headers: got, body: Buffer.concat(parts) });
        });
      });
      sent.end(body);
    });
  }

  /** Opens a stream of events and drops it after `milliseconds`. @returns the status; 0 where it was dropped before */
  drop(path, milliseconds) {
    return new Promise((resolve) => {
      const sent = request({ ...this.place, path, agent: false });
      let status = 0;
      sent.on('response', (response) => {
        status = response.statusCode;
        response.on('error', () => undefined);
        response.resume();
      });
      sent.on('error', () => undefined);
      sent.on('close', () => resolve(status));
      sent.end();
      setTimeout(() => sent.destroy(), milliseconds);
    });
  }

  /**
   * Writes parts to a bare socket, and every second `drip`.
   * @param cut ms after which the client itself ends it
   * @returns the status that came; 0 where the connection ended without
   */
  raw(parts, { drip, cut } = {}) {
    return new Promise((resolve) => {
      const socket = connect(this.place);
      let heard = '';
      socket.on('data', (data) => (heard = (heard + data.toString('latin1')).slice(0, 100)));
      socket.on('error', () => undefined);
      for (const part of parts) socket.write(part);
      const timers = [
        drip && setInterval(() => socket.writable && socket.write(drip), 1000),
        setTimeout(() => socket.destroy(), cut ?? PATIENCE),
      ];
      socket.on('end', () => socket.end());
      socket.on('close', () => {
        for (const timer of timers) clearTimeout(timer);
        resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 0));
      });
    });
  }

  close() {
    this.#agent.destroy();
  }
}

/** A form of fields and files. @returns headers and body */
export function form(fields, files) {
  const boundary = 'lopper-soak-boundary';
  const disposition = (name, more = '') =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const parts = [
    ...Object.entries(fields).flatMap(([name, value]) => [disposition(name), value, '\r\n']),
    ...Object.entries(files).flatMap(([name, bytes]) => [
      disposition('model', `; filename="${name}"`),
      bytes,
      '\r\n',
    ]),
    `--${boundary}--\r\n`,
  ];
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat(parts.map((part) => Buffer.from(part))),
  };
}
