/** Registration documents: lawful ones for large work, and ones made to hurt whoever reads them. */

export function parallel(name, steps, more = '') {
  const list = Array.from({ length: steps }, (_, n) => `  - { seq: ${n + 1}, name: s${n + 1} }`);
  return `orchestrationName: ${name}\nas: initiator\ntype: parallel\n${more}steps:\n${list.join('\n')}\n`;
}

const lines = (count, line) => Array.from({ length: count }, (_, n) => line(n)).join('\n');

/** Name → a document of that kind, from a chance. */
export const HURTFUL = {
  'document: 60,000 keys': () => lines(60_000, (n) => `k${n}: ${n}`),
  'document: 20,000 aliases': () =>
    `a:\n${lines(20_000, (n) => `  - &a${n} x`)}\nb:\n${lines(20_000, (n) => `  - *a${n}`)}`,
  'document: 500,000 brackets': () => '['.repeat(500_000),
  'document: 4,000 unknown fields': () =>
    `${parallel('unknownFields', 1)}${lines(4000, (n) => `orchestrationNam${n}: x`)}`,
  'document: an alias bomb': () =>
    `a0: &a0 [x, x]\n${lines(40, (n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)}`,
  'document: 40,000 anchors': () => `a:\n${lines(40_000, (n) => `  - &a${n} x`)}`,
  'document: 1 MB of line breaks': () => '\n'.repeat(1_000_000),
  'document: 1 MB of one flow list': () => `[${'x,'.repeat(500_000)}]`,
  'document: 250,000 question marks': () => '? '.repeat(250_000),
  'document: 250,000 nested dashes': () => '- '.repeat(250_000),
  'document: 250,000 tags': () => '!a '.repeat(250_000),
  'document: an indented staircase': () => lines(1300, (n) => `${' '.repeat(n)}a:`),
  'document: 200 orchestrations of 20 steps': () =>
    `orchestrations:\n${lines(
      100,
      (n) =>
        `- {orchestrationName: t${n}, as: initiator, type: parallel, steps: [${Array.from({ length: 20 }, (_, s) => `{seq: ${s}, name: s${s}}`).join(',')}]}`,
    )}`,
};
