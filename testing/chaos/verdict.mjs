/**
 * Checks the promises on everything that was gathered. A violation comes with the flow's timeline
 * and its trace line.
 */

import { fold } from '../../dist/saga/advance.js';
import { checkFlow, checkRun } from '../invariants/invariants.mjs';
import { ACCOUNTS, OPENING, transferOf } from './bank.mjs';
import { flowsOf } from './evidence.mjs';

const SHORT = { DO_SUCCEEDED: '+', DO_FAILED: '-', UNDO_SUCCEEDED: '~+', UNDO_FAILED: '~-' };

/** `a+ b- b- ~a+ => UNDONE` */
export function traceOf({ flow, events }) {
  const results = events
    .filter(({ type }) => SHORT[type])
    .map(({ type, stepName }) =>
      type.startsWith('UNDO') ? `~${stepName}${SHORT[type][1]}` : `${stepName}${SHORT[type]}`,
    );
  return `${results.join(' ')} => ${flow.status}`;
}

/**
 * `accepted`: starts by flowId; `own`: flows of the probe, whose workers keep no ledger;
 * `delivered`: events that subscribers got, by flowId; `isChecked`: whether this run can keep the
 * named promise (a restored backup has two histories).
 */
export async function judge(
  services,
  gathered,
  { accepted, delivered, own, isChecked = () => true },
) {
  const violations = [];
  const counts = {};
  const checked = { flows: 0, events: 0, commands: 0, subscribers: delivered.size };
  const stored = new Set();
  for await (const one of flowsOf(services.database.url)) {
    const { flowId, status, orchestration } = one.flow;
    const commands = gathered.commands.get(flowId) ?? [];
    const { bank } = gathered;
    const evidence = {
      ...one,
      isOver: true,
      echoes: false,
      commands,
      delivered: delivered.get(flowId)?.map(({ number }) => number) ?? null,
      isInPlace: own.has(flowId) ? null : (stepName) => bank.holds({ flowId, stepName }),
      mark: accepted.get(flowId)?.mark ?? null,
      reportedEnd: gathered.ends.get(flowId)?.status ?? 'nothing',
      fold,
    };
    stored.add(flowId);
    const ending = `${orchestration.name} ${status}`;
    counts[ending] = (counts[ending] ?? 0) + 1;
    checked.flows++;
    checked.events += one.events.length;
    checked.commands += commands.length;
    for (const [invariant, what] of checkFlow(evidence))
      if (what !== null && isChecked(invariant))
        violations.push({
          invariant,
          what,
          flowId,
          trace: traceOf(one),
          timeline: one.events.map(lineOf),
        });
  }
  const run = { ...gathered, accepted: [...accepted.keys(), ...own], stored };
  for (const [invariant, what] of [
    ...checkRun(run),
    ['money is not made', unbalanced(gathered.bank)],
  ])
    if (what !== null && isChecked(invariant)) violations.push({ invariant, what });
  return { violations, counts, checked };
}

/** The balances are what the transfers in place make of them. */
function unbalanced({ inPlace, balances }) {
  const expected = Array.from({ length: ACCOUNTS }, () => OPENING);
  for (const key of inPlace) {
    const [from, to, amount] = transferOf(...key.split(' '));
    expected[from] -= amount;
    expected[to] += amount;
  }
  const sum = balances.reduce((total, one) => total + one, 0);
  return sum === ACCOUNTS * OPENING && String(expected) === String(balances)
    ? null
    : `the balances sum up to ${sum}`;
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
    .filter((field) => field !== '')
    .join(' ');
}
