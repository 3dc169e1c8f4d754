/** The report of a run, for people. */
const MOST_SHOWN = 5;

const listed = (counts) =>
  Object.entries(counts)
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

export function tell(report, say) {
  const {
    seed,
    flows,
    seconds,
    settledMs,
    starts,
    operators,
    faults,
    recoveries,
    workers,
    checked,
    counts,
    violations,
  } = report;
  say(
    `\nchaos, seed ${seed}: ${flows} flows in ${seconds} s; the last one ended ${(settledMs / 1000).toFixed(1)} s after everything was mended`,
  );
  say(`  started by      ${listed(starts)}`);
  say(`  ended           ${listed(counts)}`);
  say(`  operators       ${listed(operators)}`);
  say(`  faults          ${listed(faults) || 'none'}`);
  say(`  workers         ${listed(workers)}`);
  say(`  subscribers     ${checked.subscribers}, with ${report.reconnects} reconnects`);
  say(`  quarantined     ${report.quarantined}`);
  say(
    `  checked         ${checked.flows} flows, ${checked.events} events, ${checked.commands} commands`,
  );
  const slowest = recoveries.toSorted((a, b) => b.ms - a.ms)[0];
  if (slowest !== undefined)
    say(`  slowest recovery ${(slowest.ms / 1000).toFixed(1)} s, ${slowest.fault}`);
  say(`  violations      ${violations.length}`);
  for (const { law, what, flowId, trace, timeline } of violations.slice(0, MOST_SHOWN)) {
    say(`\n✗ ${law}: ${what}${flowId === undefined ? '' : `\n  flow ${flowId}: ${trace}`}`);
    for (const line of timeline ?? []) say(`    ${line}`);
  }
  if (violations.length > MOST_SHOWN)
    say(`  … and ${violations.length - MOST_SHOWN} more, in the JSON`);
  if (violations.length > 0) say(`\nAgain: npm run chaos -- --seed ${seed} --flows ${flows}`);
}
