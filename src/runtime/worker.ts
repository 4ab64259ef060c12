/** Entry of a worker in a page. */
import { hear } from './part.js';

const receive = hear(() => postMessage(0));
addEventListener('message', ({ data }) => receive(data));
