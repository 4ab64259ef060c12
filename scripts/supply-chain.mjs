// What the toolkit is made of: licences, install scripts, known holes, deprecations, and an SBOM in build/sbom.cdx.json.
// usage: npm run supply-chain [-- --offline]     exit code 1 where something is found; what the registry does not answer is said, not guessed
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findings, packages } from './supply-chain/packages.mjs';

const ROOT = new URL('../', import.meta.url).pathname;
const AT_ONCE = 8;

const { values: options } = parseArgs({
  options: { offline: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (options.help) {
  console.log('npm run supply-chain -- --offline');
  process.exit(0);
}

function npm(...args) {
  return execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
}

/** What `npm audit` finds in production packages; undefined where the registry does not answer it. */
function audit() {
  try {
    return JSON.parse(npm('audit', '--omit=dev', '--json')).metadata.vulnerabilities;
  } catch (error) {
    const answer = JSON.parse(error.stdout || '{}');
    return answer.metadata?.vulnerabilities;
  }
}

/** Packages that their authors gave up, by the registry's notes; and those that it did not tell of. */
async function deprecated(list) {
  const registry = npm('config', 'get', 'registry').trim().replace(/\/$/, '');
  const notes = [];
  const unknown = [];
  const queue = [...list];
  const ask = async () => {
    for (let next; (next = queue.pop());) {
      const answer = await fetch(`${registry}/${next.name.replace('/', '%2f')}/${next.version}`).catch(
        () => {},
      );
      if (!answer?.ok) unknown.push(next.name);
      else {
        const { deprecated: note } = await answer.json();
        if (note) notes.push(`${next.name}@${next.version}: ${note}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return { notes, unknown: unknown.length };
}

function writeSbom() {
  mkdirSync(`${ROOT}build`, { recursive: true });
  const sbom = npm('sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only');
  writeFileSync(`${ROOT}build/sbom.cdx.json`, sbom);
  return JSON.parse(sbom).components.length;
}

const all = packages();
const production = all.filter(({ dev }) => !dev);
const faults = findings(all);
const found = options.offline ? undefined : audit();
const given = options.offline ? undefined : await deprecated(production.filter(({ optional }) => !optional));
const licences = {};
for (const { licence } of production) licences[licence] = (licences[licence] ?? 0) + 1;
const report = {
  direct: production.filter(({ direct }) => direct).length,
  production: production.filter(({ optional }) => !optional).length,
  optional: production.filter(({ optional }) => optional).length,
  development: all.length - production.length,
  licences,
  install_scripts: production.filter(({ script }) => script).map(({ name }) => name),
  audit: found ?? (options.offline ? 'not asked' : 'the registry does not answer audits'),
  deprecated: given ?? 'not asked',
  sbom: { file: 'build/sbom.cdx.json', components: writeSbom() },
  faults,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (faults.length > 0 || (found && found.high + found.critical > 0)) process.exitCode = 1;
