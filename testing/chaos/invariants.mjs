/** I1–I13, asserted on what is stored, what travelled, what the workers did and what subscribers saw. Each says what is broken, or nothing. */
import { deepStrictEqual } from 'node:assert';
import { fold } from '../../dist/saga/advance.js';
import { ACCOUNTS, OPENING, transferOf } from './bank.mjs';

const ENDED = new Set(['COMPLETED', 'UNDONE', 'FAILED', 'CANCELLED']);
const named = (type) => (event) => event.type === type;

/** Of one flow. `commands` = what travelled; `seen` = what a subscriber was told, or null. */
export const OF_A_FLOW = {
  'I1 ends': ({ flow }) =>
    ENDED.has(flow.status) ? null : `is ${flow.status}${flow.paused ? ' and paused' : ''}`,

  'I2 a final status is left only for a reason': ({ events }) => {
    for (const [i, { type, flowStatus, actor }] of events.entries()) {
      const before = events[i - 1]?.flowStatus;
      if (before === undefined || !ENDED.has(before) || flowStatus === before) continue;
      if (type !== 'FLOW_REOPENED' && type !== 'FLOW_TURNED_AROUND')
        return `${before} became ${flowStatus} by ${type}`;
      if (!actor && before !== 'UNDONE' && before !== 'FAILED')
        return `${before} was left by nobody`;
    }
    return null;
  },

  'I3 no UNDO without a DO': ({ events, commands }) => {
    const sent = new Set();
    for (const { type, stepName } of events) {
      if (type === 'DO_SENT') sent.add(stepName);
      if (type === 'UNDO_SENT' && !sent.has(stepName))
        return `UNDO of ${stepName} was decided, its DO never`;
    }
    const travelled = new Set(
      commands.filter(({ action }) => action === 'DO').map(({ stepName }) => stepName),
    );
    const lonely = commands.find(
      ({ action, stepName }) => action === 'UNDO' && !travelled.has(stepName),
    );
    return lonely === undefined ? null : `UNDO of ${lonely.stepName} travelled, its DO never`;
  },

  'I4 in order': ({ flow, events }) =>
    flow.orchestration.type === 'PARALLEL' ? null : outOfOrder(flow, events),

  'I5 what is undone is gone, what is done is there': ({ flow, bank }) => {
    if (flow.status === 'CANCELLED') return null;
    for (const { definition, status } of flow.steps) {
      const there = bank.holds({ flowId: flow.flowId, stepName: definition.name });
      if (there && (flow.status === 'UNDONE' || status === 'UNDO_SUCCESS'))
        return `${definition.name} is ${status}, its transfer is there`;
      // In FAILED a late echo makes a step done again (rules.md#late-success): it may be there, and a person looks.
      if (!there && status === 'DO_SUCCESS' && flow.status === 'COMPLETED')
        return `${definition.name} is ${status}, its transfer is not there`;
    }
    return null;
  },

  'I6 no DO after the first UNDO': ({ events }) => {
    const first = events.findIndex(named('UNDO_SENT'));
    return first >= 0 && events.slice(first).some(named('DO_SENT'))
      ? 'a DO was decided after an UNDO'
      : null;
  },

  'I7 each event once, in order': ({ events, seen }) => {
    if (seen === null) return null;
    const told = events
      .filter(({ type, shown }) => type !== 'STEP_PROGRESS' || shown)
      .map(({ number, type }) => `${number} ${type}`);
    const heard = seen.map(({ number, type }) => `${number} ${type}`);
    return told.join() === heard.join() ? null : `a subscriber heard ${heard.join(', ')}`;
  },

  'I9 an answer counts once, and only for its attempt': ({ events }) => {
    const counted = new Set();
    const last = new Map();
    for (const { type, stepName, attempt, round } of events) {
      if (type === 'DO_SENT') last.set(stepName, attempt);
      if (type !== 'DO_FAILED' && type !== 'UNDO_FAILED') continue;
      const key = `${type} ${stepName} ${round ?? 0} ${attempt}`;
      if (counted.has(key)) return `${key} counted twice`;
      counted.add(key);
      if (type === 'DO_FAILED' && attempt !== last.get(stepName))
        return `${key} is of an older attempt`;
    }
    return null;
  },

  'I10 nothing of another flow': ({ commands, mark }) => {
    const foreign = mark === null ? undefined : commands.find((command) => command.mark !== mark);
    return foreign === undefined ? null : `${foreign.attemptId} carried ${foreign.mark}`;
  },

  'I11 the timeline folds to what is stored': ({ flow, events }) => {
    const { orchestration, headers, initiator, idempotencyKey, flowId } = flow;
    const folded = fold(
      { type: 'START', flowId, orchestration, payload: null, headers, initiator, idempotencyKey },
      events,
    );
    try {
      deepStrictEqual(bodiless(flow), bodiless(folded));
      return null;
    } catch (error) {
      return error.message;
    }
  },

  'I13 no more commands than the budget': ({ flow, events, commands }) => {
    const attempts = new Map();
    const decided = new Set();
    for (const event of events) {
      if (event.type !== 'DO_SENT' && event.type !== 'UNDO_SENT') continue;
      const { name, maxRetries, undoMaxRetries } = flow.steps.find(
        ({ definition }) => definition.name === event.stepName,
      ).definition;
      const action = event.type === 'DO_SENT' ? 'DO' : 'UNDO';
      const key = `${name}:${action}:${event.round ?? 0}`;
      decided.add(`${flow.flowId}:${key}:${event.attempt}`);
      attempts.set(key, (attempts.get(key) ?? 0) + 1);
      if (attempts.get(key) > (action === 'DO' ? maxRetries : undoMaxRetries) + 1)
        return `${key} was decided ${attempts.get(key)} times`;
    }
    const stray = commands.find(({ attemptId }) => !decided.has(attemptId));
    return stray === undefined ? null : `${stray.attemptId} travelled and was never decided`;
  },

  'the end is told': ({ flow, end }) =>
    end === flow.status ? null : `the status topic says ${end}, stored is ${flow.status}`,
};

function bodiless(flow) {
  const steps = flow.steps.map((step) => ({ ...step, input: null, output: null }));
  return {
    ...flow,
    steps,
    input: null,
    output: null,
    now: 0,
    ungiven: [],
    unsent: [],
    orchestrationPaused: false,
  };
}

/** At most one command is open; a DO waits for those before it, a round of UNDO for those behind it. Once begun, it keeps its turn while it is retried. */
function outOfOrder({ steps }, events) {
  const order = steps.map(({ definition }) => definition.name);
  const status = new Map();
  const open = new Set();
  for (const { type, stepName, stepStatus, attempt } of events) {
    const at = order.indexOf(stepName);
    if (type === 'DO_SENT' || type === 'UNDO_SENT') {
      if (open.size > 0) return `${type} ${stepName} while ${[...open]} is open`;
      open.add(stepName);
      const others =
        type === 'DO_SENT'
          ? order.slice(0, at).find((name) => status.get(name) !== 'DO_SUCCESS')
          : order
              .slice(at + 1)
              .find((name) => ['DO_SUCCESS', 'IN_PROGRESS', 'UNDOING'].includes(status.get(name)));
      if (others !== undefined && (type === 'DO_SENT' || attempt === 1))
        return `${type} ${stepName} while ${others} is ${status.get(others)}`;
    }
    if (/^(DO|UNDO)_(SUCCEEDED|FAILED|WITHDRAWN)$|STEP_SKIPPED/.test(type)) open.delete(stepName);
    if (stepName && stepStatus) status.set(stepName, stepStatus);
  }
  return null;
}

/** Of the whole run. */
export const OF_ALL = {
  'I8 the outbox empties': ({ outbox }) => (outbox === 0 ? null : `${outbox} rows are left`),
  'I12 what could not be used is kept': ({ poison, quarantined }) => {
    const lost = poison.filter((place) => !quarantined.has(place));
    return lost.length === 0
      ? null
      : `${lost.length} of ${poison.length} are not in quarantine: ${lost.slice(0, 5)}`;
  },
  'every accepted start is a flow, and nothing else is': ({ accepted, stored }) => {
    const lost = [...accepted.keys()].filter((flowId) => !stored.has(flowId));
    const foreign = [...stored].filter((flowId) => !accepted.has(flowId));
    return lost.length + foreign.length === 0
      ? null
      : `${lost.length} lost (${lost.slice(0, 5)}), ${foreign.length} not asked for (${foreign.slice(0, 5)})`;
  },
  'money is not made': ({ bank }) => {
    const expected = Array.from({ length: ACCOUNTS }, () => OPENING);
    for (const key of bank.inPlace) {
      const [from, to, amount] = transferOf(...key.split(' '));
      expected[from] -= amount;
      expected[to] += amount;
    }
    const sum = bank.balances.reduce((total, one) => total + one, 0);
    return sum === ACCOUNTS * OPENING && String(expected) === String(bank.balances)
      ? null
      : `the balances sum up to ${sum}`;
  },
  'no flow is parked': ({ parked }) => (parked === 0 ? null : `${parked} are`),
};
