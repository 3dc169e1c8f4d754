/**
 * NOTICES.txt and the SBOM have every package that reaches users. After a change of
 * package-lock.json: npm run notices.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
}
interface Shipped {
  shippedPackages(): Package[];
  licenceTexts(one: Package): string[];
}
const { shippedPackages, licenceTexts } = (await import(
  pathToFileURL('testing/shipped/packages.mjs').href
)) as Shipped;
/** Licences that require a notice at most. */
const PERMISSIVE = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'PSF-2.0',
];
const packages = shippedPackages();
const nameOf = ({ name, version }: Package): string => `${name}@${version}`;
const notices = readFileSync('NOTICES.txt', 'utf8');

test('what the gateway runs with and what its pages are built from is shipped, what only builds and tests it is not', () => {
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['kafkajs', 'pg', 'preact', 'graphiql', 'vite']));
  expect(names.filter((name) => ['jest', 'typescript', 'rolldown'].includes(name))).toEqual([]);
});

test('NOTICES.txt lists every package that reaches users with its licence, and no other', () => {
  const listed = notices.split('-'.repeat(80))[0]?.match(/^\S+@\S+: .+$/gm);
  expect(listed).toEqual(packages.map((one) => `${nameOf(one)}: ${one.license}`));
});

test('it has the licence text of every installed one', () => {
  const texts = packages.flatMap((one) => licenceTexts(one).map((text) => [nameOf(one), text]));
  expect(texts.length).toBeGreaterThan(200);
  expect(texts.filter(([, text = '']) => !notices.includes(text))).toEqual([]);
});

test('no licence requires more than a notice', () => {
  const known = (license = 'none'): boolean =>
    license
      .replace(/[()]/g, '')
      .split(' AND ')
      .every((one) => PERMISSIVE.includes(one));
  expect(packages.filter(({ license }) => !known(license)).map(nameOf)).toEqual([]);
});

test('the SBOM is CycloneDX and has the same packages, each with its address and licence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-sbom-'));
  const file = join(folder, 'sbom.json');
  await promisify(execFile)(process.execPath, ['testing/shipped/sbom.mjs', file]);
  const sbom = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly bomFormat: string;
    readonly metadata: { readonly component: { readonly name: string } };
    readonly components: readonly (Package & { readonly purl: string; licenses: unknown[] })[];
  };
  rmSync(folder, { recursive: true });
  expect([sbom.bomFormat, sbom.metadata.component.name]).toEqual(['CycloneDX', 'backstep']);
  expect(sbom.components.map(nameOf).sort()).toEqual(packages.map(nameOf).sort());
  expect(
    sbom.components.filter(
      ({ purl, licenses }) => !/^pkg:npm\//.test(purl) || licenses.length === 0,
    ),
  ).toEqual([]);
}, 60_000);
