/** Each example is a folder that one can take away: a short README, one command, the published package, the bundled network. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { ROOT } from './example.js';

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const folders = readdirSync(`${ROOT}examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

t.ok(folders.length >= 7);
for (const name of folders) {
  t.test(name, async (t) => {
    const read = (file: string): Buffer => readFileSync(`${ROOT}examples/${name}/${file}`);
    const readme = read('README.md').toString();
    t.ok(readme.trim().split('\n').length <= 5, 'a README of five lines');
    t.match(readme, 'npm install && npm start');
    const { scripts, dependencies } = JSON.parse(read('package.json').toString());
    t.type(scripts.start, 'string');
    t.equal(dependencies['lopper-runtime'], `^${version}`);
    t.ok(
      read('digits.lop').equals(readFileSync(`${ROOT}models/lenet-5/model.lop`)),
      'digits.lop is models/lenet-5',
    );
  });
}
