/** What the toolkit is made of keeps the rules of docs/dependencies.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Report {
  direct: number;
  install_scripts: string[];
  sbom: { file: string; components: number };
  faults: string[];
}

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

t.test('licences, pins, hashes, reasons, install scripts; and a bill of materials', async (t) => {
  const report = JSON.parse(node('scripts/supply-chain.mjs', '--offline')) as Report;
  t.same(report.faults, []);
  t.ok(report.direct > 10, `${report.direct} direct dependencies`);
  const sbom = JSON.parse(readFileSync(`${ROOT}${report.sbom.file}`, 'utf8')) as {
    bomFormat: string;
    components: { name: string; version: string; licenses?: unknown[] }[];
  };
  t.equal(sbom.bomFormat, 'CycloneDX');
  const express = sbom.components.find(({ name }) => name === 'express');
  t.match(express, { version: /^5\./, licenses: [{ license: { id: 'MIT' } }] });
});

t.test('each rule finds what breaks it', async (t) => {
  const program = `
    import { findings, packages } from './scripts/supply-chain/packages.mjs';
    const changed = (change) => findings(packages().map((each) => each.name === 'zod' ? { ...each, ...change } : each));
    console.log(JSON.stringify([
      changed({ integrity: undefined }), changed({ licence: 'AGPL-3.0' }), changed({ script: true }),
      changed({ version: '0.0.0' }), changed({ direct: false }), changed({ resolved: 'http://example.org/zod.tgz' }),
    ]));`;
  const found = JSON.parse(node('--input-type=module', '--eval', program)) as string[][];
  const expected = [/SHA-512/, /AGPL/, /install script/, /row with version/, /no dependency/, /registry/];
  expected.forEach((message, i) => t.match(found[i].join('\n'), message));
});

t.test('nothing of ours runs when lopper is installed', async (t) => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const name of [
    'preinstall',
    'install',
    'postinstall',
    'prepare',
    'prepublish',
    'preprepare',
    'postprepare',
  ])
    t.notOk(scripts[name], name);
});
