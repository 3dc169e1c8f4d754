/** Figures of many flows, of each of which is known when it began and when it ended, ms. */

export const quantile = (list, q) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))];
export const median = (list) => quantile(list, 0.5);

/**
 * How unfair it was to the flow that suffered most. `waitedMs`: so long it went on after the first
 * flow that began later had ended; `passedBy`: so many flows began later and ended earlier.
 */
export function overtaking(spans) {
  const byBegin = [...spans].sort(([a], [b]) => a - b);
  const [laterEnds, worst] = [[], { waitedMs: 0, passedBy: 0 }];
  for (let index = byBegin.length - 1; index >= 0; ) {
    const from = byBegin[index][0];
    // Flows that began together do not pass each other.
    const together = [];
    for (; index >= 0 && byBegin[index][0] === from; index--) together.push(byBegin[index][1]);
    for (const end of together) {
      const passedBy = placeOf(laterEnds, end);
      worst.passedBy = Math.max(worst.passedBy, passedBy);
      if (passedBy > 0) worst.waitedMs = Math.max(worst.waitedMs, end - laterEnds[0]);
    }
    for (const end of together) laterEnds.splice(placeOf(laterEnds, end), 0, end);
  }
  return worst;
}

/** So many of these sorted numbers are smaller. */
function placeOf(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function figuresOf(spans) {
  const times = spans.map(([from, to]) => to - from);
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((q) => quantile(times, q));
  return { p50, p99, p999, most: Math.max(...times), overtaking: overtaking(spans) };
}
