// What hostile clients do; each returns the status that came, 0 for a connection that was closed.
import { form } from './client.mjs';

const HEAD =
  'POST /api/infer?model=mnist-cnn HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n';
const PATHS = [
  '/../../../../etc/passwd',
  '/models/..%2f..%2f..%2fetc%2fpasswd',
  '/models/mnist-cnn/..%5c..%5cpackage.json',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/models/mnist-cnn/dense/%00',
  '/api/jobs/..%2f..%2f..%2fetc/report.html',
];
const JSON_TYPE = { 'content-type': 'application/json' };

/** Bytes that mean nothing. */
const garbage = (draw, length) =>
  Buffer.from(Array.from({ length }, (_, i) => Math.floor(draw * 1e6 * (i + 7)) % 256));

const post = async (client, path, headers, body) =>
  (await client.send(path, { method: 'POST', headers, body })).status;

const upload = async (client, fields, files) => {
  const { headers, body } = form(fields, files);
  return post(client, '/api/jobs', headers, body);
};

/** A model that is none: refused at the gate, or a job that fails and says why. */
async function model({ client, hostileJobs }, draw) {
  const name = ['a.onnx', 'a.tflite', 'a.h5', 'model.json'][Math.floor(draw * 4)];
  const { headers, body } = form({ recipe: '{}' }, { [name]: garbage(draw, 2000) });
  const answer = await client.send('/api/jobs', { method: 'POST', headers, body });
  if (answer.status !== 202) return answer.status;
  hostileJobs.push(JSON.parse(answer.body).id);
  return 400;
}

export const HOSTILE = [
  { name: 'no HTTP', share: 10, send: ({ client }, draw) => client.raw([garbage(draw, 200), '\r\n\r\n']) },
  {
    name: 'garbage for JSON',
    share: 15,
    send: ({ client }, draw) => post(client, '/api/infer', JSON_TYPE, garbage(draw, 300)),
  },
  {
    name: 'wrong JSON',
    share: 10,
    send: ({ client }) =>
      post(client, '/api/measurements', JSON_TYPE, '{"device": {}, "results": [[[[1e999]]]]}'),
  },
  {
    name: 'wrong length of input',
    share: 10,
    send: ({ client }, draw) =>
      post(
        client,
        '/api/infer?model=mnist-cnn',
        { 'content-type': 'application/octet-stream' },
        garbage(draw, 5),
      ),
  },
  {
    name: 'wrong type',
    share: 10,
    send: ({ client }) =>
      post(client, '/api/infer?model=mnist-cnn', { 'content-type': 'text/html' }, 'x'.repeat(784)),
  },
  {
    name: 'too long, as it says',
    share: 8,
    send: ({ client }) => client.raw([`${HEAD}Content-Length: 99999999999\r\n\r\n`]),
  },
  {
    name: 'too long, in chunks',
    share: 4,
    send: ({ client }) =>
      client.raw([`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `fffff\r\n${'x'.repeat(0xfffff)}\r\n`]),
  },
  {
    name: 'two lengths',
    share: 8,
    send: ({ client }) =>
      client.raw([`${HEAD}Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]),
  },
  {
    name: 'flood of headers',
    share: 5,
    send: ({ client }) => client.raw([`${HEAD}${'X-A: b\r\n'.repeat(5000)}\r\n`]),
  },
  {
    name: 'headers that never end',
    share: 5,
    slow: true,
    send: ({ client }) => client.raw(['GET / HTTP/1.1\r\nHost: x\r\n'], { drip: 'X-Drip: 1\r\n' }),
  },
  {
    name: 'body that never ends',
    share: 5,
    slow: true,
    send: ({ client }) => client.raw([`${HEAD}Content-Length: 784\r\n\r\n1234`], { drip: '5' }),
  },
  {
    name: 'upload cut off',
    share: 5,
    send: ({ client }, draw) => {
      const { headers, body } = form({ recipe: '{}' }, { 'a.onnx': garbage(draw, 50_000) });
      const head = `POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`;
      return client.raw([head, body.subarray(0, 20_000)], { cut: 20 + 50 * draw });
    },
  },
  {
    name: 'path',
    share: 15,
    send: async ({ client }, draw) => (await client.send(PATHS[Math.floor(draw * PATHS.length)])).status,
  },
  {
    name: 'file of no type',
    share: 5,
    send: ({ client }, draw) => upload(client, { recipe: '{}' }, { 'a.exe': garbage(draw, 500) }),
  },
  {
    name: 'file named as a path',
    share: 3,
    send: ({ client }, draw) => upload(client, { recipe: '{}' }, { '..%2f..%2fa.onnx': garbage(draw, 500) }),
  },
  { name: 'model', share: 1, send: model },
];
