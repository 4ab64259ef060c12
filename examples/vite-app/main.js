import { load } from 'lopper-runtime';
import digits from './digits.lop?url';
import { Pad } from './pad.js';

const output = document.querySelector('output');

try {
  const model = await load(digits);
  const pad = new Pad(document.querySelector('canvas'), (pixels) => {
    const [scores] = model.run(pixels);
    const digit = scores.indexOf(Math.max(...scores));
    output.value = `${digit} (${(100 * scores[digit]).toFixed(1)} %)`;
  });
  document.querySelector('button').addEventListener('click', () => {
    pad.clear();
    output.value = 'Draw';
  });
  output.value = 'Draw';
} catch (error) {
  output.value = error.message;
}
