/**
 * The promises I1–I13 of docs/promises.md, checked from outside: on what is stored and what was
 * observed, with none of the engine's code. The random flows of the core, the simulation and chaos
 * share this copy. A check returns what is broken, or null when it holds or when the evidence it
 * needs was not collected (null).
 */
import { deepStrictEqual } from 'node:assert';

const TERMINAL = new Set(['COMPLETED', 'UNDONE', 'FAILED', 'CANCELLED']);
const SENT = { DO_SENT: 'DO', UNDO_SENT: 'UNDO' };
const WITHDRAWN = { DO_WITHDRAWN: 'DO', UNDO_WITHDRAWN: 'UNDO' };

/** Of one flow; the evidence is described in invariants.d.mts. */
export const FLOW_INVARIANTS = {
  'I1 every flow ends': ({ flow, isOver }) =>
    !isOver || TERMINAL.has(flow.status)
      ? null
      : `is ${flow.status}${flow.paused ? ' and paused' : ''}`,

  'I2 a final status is left only for a reason': ({ events }) => {
    for (const [index, event] of events.entries()) {
      const before = events[index - 1]?.flowStatus;
      if (before === undefined || !TERMINAL.has(before) || event.flowStatus === before) continue;
      if (!mayLeave(before, event)) return `${before} became ${event.flowStatus} by ${event.type}`;
    }
    return null;
  },

  'I3 no UNDO without a DO': ({ events, commands }) => {
    const decided = new Set();
    for (const { type, stepName } of events) {
      if (type === 'DO_SENT') decided.add(stepName);
      if (type === 'UNDO_SENT' && !decided.has(stepName))
        return `UNDO of ${stepName} was decided, its DO never`;
    }
    if (commands === null) return null;
    const published = new Set(
      commands.filter(({ action }) => action === 'DO').map(({ stepName }) => stepName),
    );
    const alone = commands.find(
      ({ action, stepName }) => action === 'UNDO' && !published.has(stepName),
    );
    return alone === undefined ? null : `UNDO of ${alone.stepName} was published, its DO never`;
  },

  'I4 the steps of a sequential flow run one at a time, in order': ({ flow, events }) =>
    flow.orchestration.type === 'PARALLEL' ? null : outOfOrder(flow, events),

  'I5 what is undone is gone, what is done is in place': ({ flow, isInPlace }) => {
    if (isInPlace === null || flow.status === 'CANCELLED') return null;
    for (const { definition, status, skipped } of flow.steps) {
      if (skipped || definition.undo === 'none') continue;
      const inPlace = isInPlace(definition.name);
      if (inPlace && (flow.status === 'UNDONE' || status === 'UNDO_SUCCESS'))
        return `${definition.name} is ${status}, its effect is in place`;
      // In FAILED a late success makes a step done again (rules.md#late-success): it may be in
      // place, and an operator decides.
      if (!inPlace && status === 'DO_SUCCESS' && flow.status === 'COMPLETED')
        return `${definition.name} is ${status}, its effect is not in place`;
    }
    return null;
  },

  'I6 no DO after the first UNDO': ({ events }) => {
    const first = events.findIndex(({ type }) => type === 'UNDO_SENT');
    const late = first < 0 ? undefined : events.slice(first).find(({ type }) => type === 'DO_SENT');
    return late === undefined ? null : `the DO of ${late.stepName} was decided after an UNDO`;
  },

  'I7 a subscriber gets each event once, in order': ({ events, delivered }) => {
    if (delivered === null) return null;
    const shown = events
      .filter(({ type, shown }) => type !== 'STEP_PROGRESS' || shown)
      .map(({ number }) => number);
    return shown.join() === delivered.join()
      ? null
      : `of ${shown.join(' ')} a subscriber got ${delivered.join(' ')}`;
  },

  'I9 a reply counts once, and a failure only for its own attempt': ({ events, echoes }) => {
    const counted = new Set();
    const last = new Map();
    for (const { type, stepName, attempt, round } of events) {
      if (type === 'DO_SENT') last.set(stepName, attempt);
      const isFailure = type === 'DO_FAILED' || type === 'UNDO_FAILED';
      // Without attemptId a reply to an old round passes for one to the new round
      // (docs/promises.md).
      if (!isFailure && (type !== 'UNDO_SUCCEEDED' || !echoes)) continue;
      const key = `${type} ${stepName} ${round ?? 0} ${isFailure ? attempt : ''}`;
      if (counted.has(key)) return `${key} counted twice`;
      counted.add(key);
      if (type === 'DO_FAILED' && attempt !== last.get(stepName))
        return `${key} is of an older attempt`;
    }
    return null;
  },

  'I10 nothing of another flow': ({ commands, mark }) => {
    const foreign =
      commands === null || mark === null
        ? undefined
        : commands.find((command) => command.mark !== mark);
    return foreign === undefined ? null : `${foreign.attemptId} carried ${foreign.mark}`;
  },

  'I11 the timeline folds to what is stored': ({ flow, events, fold }) => {
    const misnumbered = events.findIndex(({ number }, index) => number !== index + 1);
    if (misnumbered >= 0)
      return `event ${events[misnumbered].number} is at position ${misnumbered + 1}`;
    const { orchestration, headers, initiator, idempotencyKey, flowId, input } = flow;
    const start = { type: 'START', flowId, orchestration, headers, initiator, idempotencyKey };
    try {
      deepStrictEqual(stored(fold({ ...start, payload: input }, events)), stored(flow));
      return null;
    } catch (error) {
      return error.message;
    }
  },

  'I13 no more commands than the budget': ({ flow, events, commands }) =>
    overBudget(flow, events) ??
    (commands === null ? null : neverDecided(flow.flowId, events, commands)),

  'the end is reported': ({ flow, reportedEnd }) =>
    reportedEnd === null || reportedEnd === flow.status
      ? null
      : `the status topic has ${reportedEnd}, stored is ${flow.status}`,
};

/** Of all flows of a run together. */
export const RUN_INVARIANTS = {
  'I8 the outbox empties': ({ outbox }) => (outbox === 0 ? null : `${outbox} rows are left`),

  'I12 a record that cannot be used is kept': ({ poison, quarantined }) => {
    const lost = poison.filter((position) => !quarantined.has(position));
    return lost.length === 0
      ? null
      : `${lost.length} of ${poison.length} are not in quarantine: ${lost.slice(0, 5)}`;
  },

  'every accepted start is a flow, and nothing else is': ({ accepted, stored }) => {
    const lost = accepted.filter((flowId) => !stored.has(flowId));
    const wanted = new Set(accepted);
    const foreign = [...stored].filter((flowId) => !wanted.has(flowId));
    return lost.length + foreign.length === 0
      ? null
      : `${lost.length} lost (${lost.slice(0, 5)}), ${foreign.length} never started by anybody (${foreign.slice(0, 5)})`;
  },

  'no flow is parked': ({ parked }) => (parked === 0 ? null : `${parked} are`),
};

/**
 * By themselves flows leave UNDONE and FAILED only, to undo again; an operator may undo a COMPLETED
 * flow and repair a FAILED one.
 */
function mayLeave(before, { type, actor }) {
  if (type !== 'FLOW_REOPENED' && type !== 'FLOW_TURNED_AROUND') return false;
  return actor
    ? before === 'COMPLETED' || before === 'FAILED'
    : before === 'UNDONE' || before === 'FAILED';
}

/** The flow without what is true only at one moment, or is not part of the timeline. */
function stored(flow) {
  const steps = flow.steps.map((step) => ({ ...step, input: null, output: null }));
  return {
    ...flow,
    steps,
    input: null,
    output: null,
    now: 0,
    withdrawable: [],
    unsent: [],
    orchestrationPaused: false,
  };
}

/**
 * A DO waits for the steps before it, a round of UNDO for those after it; once begun, a step keeps
 * its turn while it is retried.
 */
function outOfOrder({ steps }, events) {
  const order = steps.map(({ definition }) => definition.name);
  // Steps that must not be undone do not hold up those before them.
  const kept = new Set(
    steps
      .filter(({ definition }) => definition.undo === 'none')
      .map(({ definition }) => definition.name),
  );
  const status = new Map();
  const open = new Set();
  for (const { type, stepName, stepStatus, attempt } of events) {
    if (type === 'STEP_SKIPPED') kept.add(stepName);
    if (SENT[type] !== undefined) {
      if (open.size > 0) return `${type} ${stepName} while ${[...open]} is open`;
      open.add(stepName);
      const index = order.indexOf(stepName);
      const others =
        type === 'DO_SENT'
          ? order.slice(0, index).find((name) => status.get(name) !== 'DO_SUCCESS')
          : order
              .slice(index + 1)
              .filter((name) => !kept.has(name))
              .find((name) => ['DO_SUCCESS', 'IN_PROGRESS', 'UNDOING'].includes(status.get(name)));
      if (others !== undefined && (type === 'DO_SENT' || attempt === 1))
        return `${type} ${stepName} while ${others} is ${status.get(others)}`;
    }
    if (/^(DO|UNDO)_(SUCCEEDED|FAILED|WITHDRAWN)$|STEP_SKIPPED/.test(type)) open.delete(stepName);
    if (stepName && stepStatus) status.set(stepName, stepStatus);
  }
  return null;
}

/**
 * Per action and round one attempt more than its retries. An operator's retry renews the budget; a
 * withdrawn command was none.
 */
function overBudget(flow, events) {
  const definitions = new Map(flow.steps.map(({ definition }) => [definition.name, definition]));
  const attempts = new Map();
  for (const event of events) {
    const action = SENT[event.type] ?? WITHDRAWN[event.type];
    if (event.type === 'STEP_RETRIED' && event.early !== true)
      for (const key of attempts.keys())
        if (key.startsWith(`${event.stepName}:${event.action}:`)) attempts.delete(key);
    if (action === undefined) continue;
    const key = `${event.stepName}:${action}:${event.round ?? 0}`;
    const count = (attempts.get(key) ?? 0) + (SENT[event.type] === undefined ? -1 : 1);
    attempts.set(key, count);
    const { maxRetries, undoMaxRetries } = definitions.get(event.stepName);
    if (count > (action === 'DO' ? maxRetries : undoMaxRetries) + 1)
      return `${key} was decided ${count} times`;
  }
  return null;
}

function neverDecided(flowId, events, commands) {
  const decided = new Set(
    events
      .filter(({ type }) => SENT[type] !== undefined)
      .map(
        ({ type, stepName, round, attempt }) =>
          `${flowId}:${stepName}:${SENT[type]}:${round ?? 0}:${attempt}`,
      ),
  );
  const stray = commands.find(({ attemptId }) => !decided.has(attemptId));
  return stray === undefined ? null : `${stray.attemptId} was published and never decided`;
}

/** Every check of one flow: `[name, what is broken or null]`. */
export const checkFlow = (evidence) =>
  Object.entries(FLOW_INVARIANTS).map(([name, check]) => [name, check(evidence)]);

export const checkRun = (evidence) =>
  Object.entries(RUN_INVARIANTS).map(([name, check]) => [name, check(evidence)]);
