/**
 * docs/limits.md and the table of limits in the code list the same: value, setting and code of
 * each.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SETTINGS } from '../../src/config/settings.js';
import { LIMITS, type Limit } from '../../src/limits/limits.js';

const page = readFileSync('docs/limits.md', 'utf8');
const limits: readonly Limit[] = Object.values(LIMITS);

/** As the page has it. */
function rowOf({ bounds, value, setting, code }: Limit): string {
  const named = /^[A-Z][A-Z_]+$/.test(code) ? `\`${code}\`` : code;
  return `| ${bounds} | ${value.toLocaleString('en-US')} | ${setting === null ? 'fixed' : `\`${setting}\``} | ${named} |`;
}

test('every limit is on the page, with its default, its setting and its code, and no other is', () => {
  const rows = page.split('\n').filter((line) => /^\| (?!limit |--- )/.test(line));
  expect(rows).toEqual(limits.map(rowOf));
});

test('every setting of a limit exists, with the same default', () => {
  const settings = Object.values(SETTINGS);
  for (const { setting, value } of limits.filter((one) => one.setting !== null)) {
    const found = settings.find(({ name }) => name === setting);
    expect([setting, found?.byDefault]).toEqual([setting, String(value)]);
  }
});

test('every code that a limit names is listed in docs/protocol.md', () => {
  const protocol = readFileSync('docs/protocol.md', 'utf8');
  const codes = limits.flatMap(({ code }) => (/^[A-Z][A-Z_]+$/.test(code) ? [code] : []));
  // GraphQL's own.
  const unlisted = codes.filter(
    (code) => !protocol.includes(`\`${code}\``) && !code.startsWith('GRAPHQL_'),
  );
  expect(unlisted).toEqual([]);
});
