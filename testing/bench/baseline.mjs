/**
 * The ratios of an earlier run, kept in a file: figures of two machines cannot be compared, ratios
 * can.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** More is better; of all others less. */
const MORE_IS_BETTER = new Set(['perSecond']);
/** Worse by this factor is printed as worse, better by it as better. */
const NOTABLE = 1.15;
/** What fails a short run. Busy machines change flows per second, not the CPU of a flow. */
const SHORT_FAILS = { key: 'ownCpu', factor: 2 };

export function readBaseline(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** `kind`: `full` or `short`; each is compared with its own. */
export function saveBaseline(file, kind, entry) {
  const all = { ...readBaseline(file), [kind]: entry };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}

/** How many times worse: below 1 it is better. */
function worseBy(key, now, then) {
  return MORE_IS_BETTER.has(key) ? then / now : now / then;
}

/** Prints each ratio that changed notably. Answers what fails a short run. */
export function compare(ratios, baseline, print) {
  if (baseline === undefined) {
    print('\nThere is no baseline of this kind yet (--save-baseline).');
    return [];
  }
  const lines = [];
  const failures = [];
  for (const [load, now] of Object.entries(ratios)) {
    for (const [key, ratio] of Object.entries(now)) {
      const then = baseline.ratios[load]?.[key];
      if (then === undefined) continue;
      const factor = worseBy(key, ratio, then);
      const line = `  ${load}, ${key}: ratio ${ratio}, was ${then}`;
      if (factor >= NOTABLE) lines.push(`${line}: worse`);
      if (factor <= 1 / NOTABLE) lines.push(`${line}: better`);
      if (key === SHORT_FAILS.key && factor > SHORT_FAILS.factor) failures.push(line.trim());
    }
  }
  print(`\nNext to the baseline of ${baseline.date}, commit ${baseline.commit}:`);
  print(lines.length === 0 ? '  no ratio changed by more than 15 %' : lines.join('\n'));
  return failures;
}
