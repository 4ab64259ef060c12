// Any server of files does: this one is here so that `npm start` is enough.
import express from 'express';

const app = express();
app.use(express.static(import.meta.dirname));
const server = app.listen(process.env.PORT ?? 8080, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`);
});
