/** docs/operating.md has a section for each alert and each verdict, and each was drilled. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { VERDICTS } from '../../src/engine/diagnosis/verdict.js';

const read = (file: string): string => readFileSync(file, 'utf8');

interface Rule {
  readonly alert?: string;
  readonly annotations?: { readonly runbook?: string };
}
const rules = (
  parse(read('docker/prometheus/rules.yaml')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  }
).groups.flatMap((group) => group.rules);
const alerts = rules.flatMap(({ alert }) => alert ?? []);
const sections = new Map(
  read('docs/operating.md')
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text]),
);
const drills = read('docs/drills.md');
/** There is nothing to do about these. */
const FINE = ['HEALTHY', 'ENDED'];

test.each([...alerts, ...VERDICTS])(
  '%s: what it means, how to look, what to do, that it helped',
  (name) => {
    const text = sections.get(name) ?? '';
    const [meaning = ''] = text.slice(name.length).trim().split('\n```');
    expect([name, meaning.length > 40]).toEqual([name, true]);
    const blocks = [...text.matchAll(/^```bash\n# (look|do|helped)\n[\s\S]+?^```$/gm)];
    const wanted = FINE.includes(name) ? ['look', 'helped'] : ['look', 'do', 'helped'];
    expect([name, blocks.map(([, kind]) => kind)]).toEqual([name, wanted]);
  },
);

test.each([...alerts, ...VERDICTS])(
  '%s was caused, seen and repaired by npm run drills',
  (name) => {
    const row = drills.split('\n').find((line) => line.startsWith(`| [${name}`));
    expect([name, row]).toEqual([name, expect.stringMatching(/\| \d+\.\d s \|$/)]);
    expect(drills).toMatch(new RegExp(`^## ${name}\\b`, 'm'));
  },
);

test('each alert leads to its section', () => {
  for (const { alert, annotations } of rules)
    if (alert !== undefined)
      expect([alert, annotations?.runbook]).toEqual([
        ...[alert, `docs/operating.md#${alert.toLowerCase()}`],
      ]);
});
