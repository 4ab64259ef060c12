// Which files the runtime's entries are made of: package.json's exports, and all that they import.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Entries of package.json that need no package: lopper-runtime has them too. */
export const RUNTIME_ENTRIES = [
  '.',
  './inline',
  './inline-full',
  './worker',
  './image',
  './reference',
  './wasm/*',
  './package.json',
];

/** Paths that an entry names, those on the way of `condition`, or all. */
function named(node, condition, on = condition === undefined) {
  if (typeof node === 'string') return on && !node.includes('*') ? [join(node)] : [];
  return Object.entries(node).flatMap(([key, each]) => named(each, condition, on || key === condition));
}

/** What a module or declaration names by `from './x.js'`, `import './x.js'` and `new URL('./x.js', ...)`, resolved. */
function referredBy(file) {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(|\bURL\(|\bbuilt\()(['"])([^'"]+\.c?js)\1/g;
  return [...text.matchAll(pattern)].map(([, , name]) =>
    join(name.startsWith('.') ? dirname(file) : 'dist', name),
  );
}

/** The files, and whatever they lead to. `as` says which file stands for a reference. */
function closure(files, as = (file) => file) {
  const found = new Set();
  const add = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const each of referredBy(file)) add(as(each));
  };
  for (const file of files) add(file);
  return [...found];
}

const entries = (condition) => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  return RUNTIME_ENTRIES.flatMap((entry) => named(exports[entry], condition));
};

const declarationOf = (file) => file.replace(/\.(c?)js$/, '.d.$1ts');

const isModule = (file) => /\.c?js$/.test(file);

/** The modules of the runtime's entries. */
export const filesOf = () => closure(entries().filter(isModule));

/** The modules and declarations that those of the CommonJS entries are made from; scripts/build-reference.mjs makes its own. */
export const commonJsSources = () => {
  const made = entries('require').filter((file) => !file.endsWith('/lopper-reference.cjs'));
  const sources = made.map((file) => file.replace(/\.c([jt]s)$/, '.$1'));
  return [
    ...closure(sources.filter(isModule)),
    ...closure(
      sources.filter((file) => !isModule(file)),
      declarationOf,
    ).filter(existsSync),
  ];
};

/** The declarations of the runtime's entries. */
export const typesOf = () =>
  closure(
    entries().filter((file) => /\.d\.c?ts$/.test(file)),
    declarationOf,
  ).filter(existsSync);
