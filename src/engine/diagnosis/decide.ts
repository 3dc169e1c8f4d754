/**
 * One verdict from the evidence, with what to do next (docs/diagnose.md). Pure: the same evidence
 * gives the same verdict.
 */
import { isTerminal } from '../../saga/flow.js';
import type { BackoffEvidence, Evidence } from './evidence.js';
import { decideOpen } from './open-command.js';
import { duration, instant } from './time-text.js';
import { type Decision, decision, topicMissing, VERDICTS } from './verdict.js';

export function decide(evidence: Evidence): Decision {
  return stopped(evidence) ?? worst(evidence) ?? nothingWaits(evidence);
}

function worst({ open, backoff, now }: Evidence): Decision | null {
  const all = [
    ...open.map((command) => decideOpen(command, now)),
    ...backoff.map((one) => between(one, now)),
  ];
  const rank = ({ verdict }: Decision): number => VERDICTS.indexOf(verdict);
  return all.reduce<Decision | null>(
    (first, one) => (first === null || rank(one) < rank(first) ? one : first),
    null,
  );
}

/** What stops the flow as a whole; null: nothing. */
function stopped(evidence: Evidence): Decision | null {
  const { parked, paused, held, orchestrationPaused, status, open } = evidence;
  if (parked !== null)
    return decision('PARKED', null, `The flow is parked and nothing of it goes on: ${parked}.`, [
      'Look into the log of the gateways for this flowId, and report it: a law of the engine was broken.',
      'docs/operating.md, "A parked flow", describes how it is repaired.',
    ]);
  if (isTerminal(status)) return ended(evidence);
  if (paused !== null)
    return decision('PAUSED', null, `An operator paused the flow: ${paused}.`, [
      'resumeFlow sends what follows; cancelFlow and undoFlow lift the pause, too.',
    ]);
  if (held.length > 0)
    return decision(
      'PAUSED',
      held[0] ?? null,
      `The flow is held: ${held.join(', ')} is out of retries and an operator decides.`,
      [
        `retryStep ${held[0]} tries it again, skipStep settles it by hand, undoFlow undoes what was done.`,
      ],
    );
  if (orchestrationPaused !== null && status === 'IN_PROGRESS' && open.length === 0)
    return decision('PAUSED', null, `The orchestration is paused ${orchestrationPaused}.`, [
      `resumeOrchestration ${evidence.orchestrationName} sends what follows in all of its flows.`,
    ]);
  return null;
}

function ended(evidence: Evidence): Decision {
  const { status, undoExhausted, afterEnd, failureReason, endedAt, now } = evidence;
  const [failed] = undoExhausted;
  if (status === 'FAILED') {
    const names = undoExhausted.map(({ stepName }) => stepName).join(', ');
    const why = failed?.error ?? failureReason ?? 'no reason was given';
    return decision(
      'UNDO_EXHAUSTED',
      failed?.stepName ?? null,
      `The flow FAILED: the UNDO of ${names || 'a step'} was given up, and what it did is still there. The last error: ${why}.`,
      [
        `Fix the cause, then retryStep ${failed?.stepName ?? ''} (one step) or undoFlow (every UNDO that was given up).`,
        `If it was undone by hand: skipStep ${failed?.stepName ?? ''}.`,
      ],
    );
  }
  if (afterEnd !== null)
    return decision(
      'LATE_REPLY',
      afterEnd.stepName,
      `The flow is ${status}, and a worker answered afterwards: ${afterEnd.message} (${afterEnd.code}). It changed nothing.`,
      [
        `Check at the worker of ${afterEnd.stepName ?? 'that step'} what this answer did: nothing undoes it any more.`,
        'Give the step a longer timeout when its work takes longer (setPolicy).',
      ],
    );
  const since =
    endedAt === null ? '' : ` since ${instant(endedAt)} (${duration(now - endedAt)} ago)`;
  const why = failureReason === null ? '' : ` Reason: ${failureReason}.`;
  return decision('ENDED', null, `The flow is ${status}${since}.${why}`, []);
}

function between(one: BackoffEvidence, now: number): Decision {
  const { stepName, action, attempt, attempts, nextAttemptAt, error, topic, broker } = one;
  if (broker.kind === 'no-topic') return topicMissing(stepName, action, topic);
  const next = `attempt ${attempt} of ${attempts}`;
  const why = error === null ? '' : ` The last one failed: ${error}.`;
  if (nextAttemptAt <= now)
    return decision('HEALTHY', stepName, `${action} ${stepName} ${next} is due now.${why}`, []);
  return decision(
    'BACKOFF',
    stepName,
    `${action} ${stepName} is between two attempts: ${next} goes out in ${duration(nextAttemptAt - now)}.${why}`,
    [`Fix the cause of the failure; retryStep ${stepName} runs the next attempt now.`],
  );
}

function nothingWaits({ status, startedAt, now }: Evidence): Decision {
  const summary = `The flow started ${duration(now - startedAt)} ago and is ${status}; nothing stops it.`;
  return decision('HEALTHY', null, summary, []);
}
