// POST /classify with 784 bytes, the pixels of a digit row by row, answers { digit, scores }.
import express from 'express';
import { load } from 'lopper-runtime';

const model = await load(new URL('digits.lop', import.meta.url));
const pixels = model.inputs[0].shape.reduce((a, b) => a * b);

const app = express();
// The server reads no body beyond what the network does.
app.use(express.raw({ type: 'application/octet-stream', limit: pixels }));

app.post('/classify', (request, response) => {
  const { body } = request;
  if (!Buffer.isBuffer(body)) {
    return response.status(415).json({ error: 'Content-Type: expected application/octet-stream' });
  }
  if (body.length !== pixels) {
    return response.status(400).json({ error: `body: expected ${pixels} bytes, got ${body.length}` });
  }
  // This network was trained on 0..1. A run takes a fifth of a millisecond: it may block.
  const [scores] = model.run(Float32Array.from(body, (pixel) => pixel / 255));
  response.json({ digit: scores.indexOf(Math.max(...scores)), scores: [...scores] });
});

app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.status ? error.message : 'internal error' });
});

const server = app.listen(process.env.PORT ?? 8080, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}/classify\n`);
});
