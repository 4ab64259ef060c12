// What package-lock.json holds, and what in it breaks the rules of docs/dependencies.md.
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');

const FREE =
  'MIT ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD BlueOak-1.0.0 Python-2.0 CC0-1.0 CC-BY-4.0 MPL-2.0 MIT-0 Unlicense'.split(
    ' ',
  );
/** Production packages may be under these only; those of development are not shipped. */
const SHIPPED = FREE.slice(0, 9);
/** libvips: a shared library that can be replaced. */
const VIPS = /^@img\/sharp-/;
const SCRIPTS = ['core-js', 'msgpackr-extract', 'protobufjs'];

/** Every package of the lock file: name, version, licence, and what it is for. */
export function packages() {
  const lock = JSON.parse(read('package-lock.json'));
  const { dependencies } = JSON.parse(read('package.json'));
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 13);
      return {
        name,
        path,
        version: entry.version,
        licence: entry.license ?? licenceInside(path),
        integrity: entry.integrity,
        resolved: entry.resolved,
        script: Boolean(entry.hasInstallScript),
        dev: Boolean(entry.dev),
        optional: Boolean(entry.optional),
        direct: path === `node_modules/${name}` && name in dependencies,
      };
    });
}

/** Old packages list licences where the lock file does not look. */
function licenceInside(path) {
  try {
    const { licenses = [] } = JSON.parse(read(`${path}/package.json`));
    return licenses.map(({ type }) => type).join(' OR ') || 'unknown';
  } catch {
    return 'unknown';
  }
}

/** `A AND (B OR C)`: every part of an AND, one of an OR. */
function allows(list, licence) {
  const plain = licence.replace(/[()]/g, '');
  return plain.split(' AND ').every((part) => part.split(' OR ').some((one) => list.includes(one.trim())));
}

function licenceFault({ name, licence, dev }) {
  const withoutLgpl = VIPS.test(name) ? licence.replace('LGPL-3.0-or-later', 'MIT') : licence;
  if (dev || allows(SHIPPED, withoutLgpl)) return [];
  return [`${name}: expected one of ${SHIPPED.join(', ')}, got ${licence}`];
}

/** The rows of docs/dependencies.md: package -> [version, licence, why]. */
export function documented() {
  const rows = read('docs/dependencies.md').matchAll(/^\| (\S+) \| (\S+) \| ([^|]+) \| ([^|]+) \|$/gm);
  return new Map(
    [...rows]
      .filter(([, name]) => /^[@a-z]/.test(name) && name !== 'package')
      .map(([, name, ...rest]) => [name, rest.map((x) => x.trim())]),
  );
}

function documentFaults(all) {
  const rows = documented();
  const direct = all.filter((each) => each.direct);
  const wrong = direct.filter(({ name, version, licence }) => {
    const [stated, under, why] = rows.get(name) ?? [];
    return stated !== version || under !== licence || !why;
  });
  const gone = [...rows.keys()].filter((name) => !direct.some((each) => each.name === name));
  return [
    ...wrong.map(
      ({ name }) => `docs/dependencies.md: expected a row with version, licence and reason of ${name}`,
    ),
    ...gone.map((name) => `docs/dependencies.md: ${name} is no dependency`),
  ];
}

/** What breaks the rules, one line each. */
export function findings(all = packages()) {
  const { dependencies, devDependencies, scripts } = JSON.parse(read('package.json'));
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+[\w.-]*$/.test(version),
  );
  const ours = Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare|prepublish)$/.test(name));
  return [
    ...all
      .filter(({ integrity }) => !integrity?.startsWith('sha512-'))
      .map(({ path }) => `${path}: expected a SHA-512 in the lock file`),
    ...all
      .filter(({ resolved }) => resolved && !resolved.startsWith('https://registry.npmjs.org/'))
      .map(({ path, resolved }) => `${path}: expected the registry, got ${resolved}`),
    ...loose.map(([name, version]) => `package.json: ${name}: expected one version, got ${version}`),
    ...ours.map((name) => `package.json: scripts.${name} would run when lopper is installed`),
    ...all
      .filter(({ script, dev, name }) => script && !dev && !SCRIPTS.includes(name))
      .map(({ name }) => `${name}: has an install script that nobody looked at`),
    ...all.flatMap(licenceFault),
    ...documentFaults(all),
  ];
}
