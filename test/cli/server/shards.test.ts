import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkShards } from '../../../src/cli/server/shards.js';

const folder = t.testdir({ 'weights.bin': 'w' });
const json = (paths: unknown, before = ''): string =>
  `${before}${JSON.stringify({ weightsManifest: [{ paths }] })}`;

async function check(text: string, name = 'model.json'): Promise<void> {
  writeFileSync(join(folder, name), text);
  await checkShards(join(folder, name));
}

t.test('files that lie beside it', async (t) => {
  await check(json(['weights.bin']));
  await check(json([]));
  await check('{"other":1}');
  await check('no JSON');
  await check('no JSON', 'model.onnx');
  t.pass('are taken, and what is no manifest is the importer’s business');
});

t.test(
  'a path that leads elsewhere is refused, whatever the file is called and however it begins',
  async (t) => {
    const wrong = [
      '/etc/passwd',
      '../secret',
      'a/weights.bin',
      'a\\b',
      './weights.bin',
      '',
      7,
      null,
      ['weights.bin'],
    ];
    for (const path of wrong)
      await t.rejects(check(json([path])), /expected weight files beside it/, String(path));
    await t.rejects(check(json('/etc/passwd')), /expected weight files beside it/, 'not a list');
    await t.rejects(
      check(json(['/etc/passwd']), 'model.onnx'),
      /beside it/,
      'importers go by the first byte',
    );
    await t.rejects(check(json(['/etc/passwd'], '\uFEFF')), /beside it/, 'a byte order mark');
    await t.rejects(check(json(['/etc/passwd'], '\n ')), /beside it/, 'white space');
    await t.rejects(check(json(['none.bin'])), /expected none.bin to be uploaded with it/);
  },
);
