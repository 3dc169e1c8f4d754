/** The report, for people and for build servers. */
import type { Result } from './cases/case.js';

const MARKS: Readonly<Record<Result['status'], string>> = {
  passed: 'ok  ',
  failed: 'FAIL',
  warned: 'warn',
  skipped: '–   ',
};

/** Of one case, as it ends. */
export function resultLines(result: Result): string {
  const { status, found } = result;
  const { name, title, meaning, remedy } = result.case;
  const lines = [`${MARKS[status]} ${name.padEnd(18)} ${title}`, `${' '.repeat(24)}${found}`];
  if (status === 'failed')
    lines.push(
      `${' '.repeat(24)}what it means: ${meaning}`,
      `${' '.repeat(24)}what to do: ${remedy}`,
    );
  return lines.join('\n');
}

export function summary(results: readonly Result[]): string {
  const count = (status: Result['status']): number =>
    results.filter((one) => one.status === status).length;
  const failures = results.filter(({ status }) => status === 'failed');
  const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('warned')} warnings, ${count('skipped')} not tried`;
  if (failures.length === 0) return `This worker keeps the contract: ${counts}.`;
  const names = failures.map((one) => one.case.name).join(', ');
  return `This worker does not keep the contract: ${counts}.\nFailed: ${names}`;
}

/** JUnit's XML, as build servers read it. */
export function junit(name: string, results: readonly Result[]): string {
  const failures = results.filter(({ status }) => status === 'failed').length;
  const skips = results.filter(({ status }) => status === 'skipped').length;
  const counts = `tests="${results.length}" failures="${failures}" skipped="${skips}"`;
  const cases = results.map((result) => junitCase(name, result)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${escaped(name)}" ${counts}>\n${cases}\n</testsuite>\n`;
}

function junitCase(suite: string, { case: one, status, found, ms }: Result): string {
  const head = `<testcase classname="${escaped(suite)}" name="${escaped(`${one.name}: ${one.title}`)}" time="${ms / 1000}">`;
  const failure = `<failure message="${escaped(found)}">${escaped(`${one.meaning}\n${one.remedy}`)}</failure>`;
  const inside = {
    failed: failure,
    skipped: `<skipped message="${escaped(found)}"/>`,
    warned: `<system-out>${escaped(`warning: ${found}`)}</system-out>`,
    passed: `<system-out>${escaped(found)}</system-out>`,
  };
  return `  ${head}${inside[status]}</testcase>`;
}

function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // Characters that XML does not allow.
      .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
  );
}
