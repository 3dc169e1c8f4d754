/**
 * `npm run sbom`: writes dist/backstep.cdx.json, a CycloneDX list of everything that reaches users
 * (packages.mjs), for the npm package and the container image. npm makes the list of all packages;
 * those that only build and test are left out here.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { shippedPackages } from './packages.mjs';

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run sbom [-- FILE]

Writes a CycloneDX list of everything that reaches users to FILE, dist/backstep.cdx.json by default.
`);
  process.exit(0);
}

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  }),
);
const shipped = new Set(shippedPackages().map((one) => `${one.name}@${one.version}`));
const components = all.components.filter((one) => shipped.has(`${one.name}@${one.version}`));
const refs = new Set([all.metadata.component, ...components].map((one) => one['bom-ref']));
const dependencies = all.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
// npm names the component after the folder it lies in.
const metadata = { ...all.metadata, component: { ...all.metadata.component, name } };
const file = process.argv[2] ?? 'dist/backstep.cdx.json';
writeFileSync(file, `${JSON.stringify({ ...all, metadata, components, dependencies }, null, 2)}\n`);
process.stderr.write(`${file}: ${name} ${version} with ${components.length} packages\n`);
