/**
 * Many flows, some of them at a time, and how long each took. A flow that does not end fails the
 * run instead of holding it up.
 */

/** None of the flows in flight ended within this time. */
const STALLED_MS = 60_000;

/**
 * Begins `count` flows in groups of at least `group`, with at most `inFlight` open; `begin(n)`
 * resolves with one promise for the end of each. Resolves with [began, ended] of each flow, ms.
 */
export async function inFlight({ count, most, group = 1, begin }) {
  const spans = [];
  const pace = { open: 0, begun: 0, failure: null, change: () => undefined };
  const watch = watchEnds(pace, () => spans.length);
  try {
    while (spans.length < count) {
      if (pace.failure !== null) throw pace.failure;
      const left = count - pace.begun;
      const free = Math.min(most - pace.open, left);
      if (left > 0 && free >= Math.min(group, left)) await next(pace, spans, { free, begin });
      else await new Promise((resolve) => Object.assign(pace, { change: resolve }));
    }
    return spans;
  } finally {
    clearInterval(watch);
  }
}

async function next(pace, spans, { free, begin }) {
  pace.begun += free;
  pace.open += free;
  const from = performance.now();
  for (const end of await begin(free)) {
    const ended = () => {
      pace.open--;
      spans.push([from, performance.now()]);
      pace.change();
    };
    end.then(ended, (error) => fail(pace, error));
  }
}

function fail(pace, error) {
  pace.failure ??= error;
  pace.change();
}

function watchEnds(pace, ended) {
  let last = -1;
  return setInterval(() => {
    const now = ended();
    const stalled = `no flow ended within ${STALLED_MS / 1000} s: ${pace.open} are open, ${now} have ended`;
    if (now === last) fail(pace, new Error(stalled));
    last = now;
  }, STALLED_MS);
}
