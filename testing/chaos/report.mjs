/** The report of a run, for people. */
const MOST_SHOWN = 5;

const listed = (counts) =>
  Object.entries(counts)
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

const bounds = (values) => {
  const sorted = values.map(Math.round).sort((a, b) => a - b);
  return { medianMs: sorted[Math.floor(sorted.length / 2)], worstMs: sorted.at(-1) };
};

/**
 * Per fault: how often it was injected alone, the median and the worst recovery, ms; `gateways`:
 * without the run's workers.
 */
export function recoveryTimes(recoveries) {
  const byFault = Map.groupBy(recoveries, ({ fault }) => fault);
  return [...byFault].map(([fault, list]) => ({
    fault,
    times: list.length,
    ...bounds(list.map(({ ms }) => ms)),
    gateways: bounds(list.map(({ gateways }) => gateways)),
  }));
}

export function printReport(report, print) {
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
  print(
    `\nchaos, seed ${seed}: ${flows} flows in ${seconds} s; the last one ended ${(settledMs / 1000).toFixed(1)} s after everything was repaired`,
  );
  print(`  started by      ${listed(starts)}`);
  print(`  ended           ${listed(counts)}`);
  print(`  operators       ${listed(operators)}`);
  print(`  faults          ${listed(faults) || 'none'}`);
  print(`  workers         ${listed(workers)}`);
  print(`  subscribers     ${checked.subscribers}, with ${report.reconnects} reconnects`);
  print(`  quarantined     ${report.quarantined}`);
  print(
    `  checked         ${checked.flows} flows, ${checked.events} events, ${checked.commands} commands`,
  );
  const slowest = recoveries.toSorted((a, b) => b.ms - a.ms)[0];
  if (slowest !== undefined)
    print(`  slowest recovery ${(slowest.ms / 1000).toFixed(1)} s, ${slowest.fault}`);
  const shown = ({ medianMs, worstMs }) =>
    `median ${(medianMs / 1000).toFixed(1)} s, worst ${(worstMs / 1000).toFixed(1)} s`;
  for (const { fault, times, gateways, ...all } of report.recoveryTimes)
    if (times > 1)
      print(
        `  ${fault.padEnd(34)} ${times} times: ${shown(all)}; in the gateways ${shown(gateways)}`,
      );
  print(`  violations      ${violations.length}`);
  for (const { invariant, what, flowId, trace, timeline } of violations.slice(0, MOST_SHOWN)) {
    print(`\n✗ ${invariant}: ${what}${flowId === undefined ? '' : `\n  flow ${flowId}: ${trace}`}`);
    for (const line of timeline ?? []) print(`    ${line}`);
  }
  if (violations.length > MOST_SHOWN)
    print(`  … and ${violations.length - MOST_SHOWN} more, in the JSON`);
  if (violations.length > 0) print(`\nAgain: npm run chaos -- --seed ${seed} --flows ${flows}`);
}
