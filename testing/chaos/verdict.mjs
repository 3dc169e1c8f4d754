/** The invariants over all that was gathered. A violation comes with the flow's timeline and the one line that tells it. */
import { flowsOf } from './evidence.mjs';
import { OF_A_FLOW, OF_ALL } from './invariants.mjs';

const SHORT = { DO_SUCCEEDED: '+', DO_FAILED: '-', UNDO_SUCCEEDED: '~+', UNDO_FAILED: '~-' };

/** `a+ b- b- ~a+ => UNDONE` */
export function traceOf({ flow, events }) {
  const words = events
    .filter(({ type }) => SHORT[type])
    .map(({ type, stepName }) =>
      type.startsWith('UNDO') ? `~${stepName}${SHORT[type][1]}` : `${stepName}${SHORT[type]}`,
    );
  return `${words.join(' ')} => ${flow.status}`;
}

export async function judge(services, gathered, { accepted, seen, own }) {
  const violations = [];
  const counts = {};
  const checked = { flows: 0, events: 0, commands: 0, subscribers: seen.size };
  const stored = new Set();
  for await (const one of flowsOf(services.database.url)) {
    const { flowId, status, orchestration } = one.flow;
    const start = accepted.get(flowId);
    const commands = gathered.commands.get(flowId) ?? [];
    const context = {
      ...one,
      commands,
      bank: gathered.bank,
      seen: seen.get(flowId) ?? null,
      mark: start?.mark ?? null,
      end: gathered.ends.get(flowId)?.status,
    };
    stored.add(flowId);
    counts[`${orchestration.name} ${status}`] =
      (counts[`${orchestration.name} ${status}`] ?? 0) + 1;
    checked.flows++;
    checked.events += one.events.length;
    checked.commands += commands.length;
    for (const [law, broken] of Object.entries(OF_A_FLOW)) {
      // The probe's workers move no money.
      if (own.has(flowId) && law.startsWith('I5')) continue;
      const what = broken(context);
      if (what !== null)
        violations.push({
          law,
          what,
          flowId,
          trace: traceOf(one),
          timeline: one.events.map(lineOf),
        });
    }
  }
  const all = {
    ...gathered,
    accepted: new Map([...accepted, ...[...own].map((flowId) => [flowId, {}])]),
    stored,
  };
  for (const [law, broken] of Object.entries(OF_ALL)) {
    const what = broken(all);
    if (what !== null) violations.push({ law, what });
  }
  return { violations, counts, checked };
}

function lineOf({ number, at, type, stepName, attempt, round, flowStatus, ...more }) {
  const rest = [
    'code',
    'message',
    'errorMessage',
    'final',
    'unknown',
    'late',
    'cause',
    'actor',
    'reason',
  ]
    .filter((name) => more[name])
    .map((name) => `${name}=${more[name]}`);
  return [
    number,
    new Date(at).toISOString().slice(11, 23),
    type,
    stepName ?? '',
    attempt ?? '',
    round ? `round ${round}` : '',
    flowStatus,
    ...rest,
  ]
    .filter((word) => word !== '')
    .join(' ');
}
