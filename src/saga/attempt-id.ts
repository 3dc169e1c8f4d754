/** The identity of a command: derived, so that a re-send after a crash carries the same one. */
import type { EventBody } from './event.js';
import type { Action, Flow, StepRun } from './flow.js';

/** Which command of a flow; the round of a DO is 0. */
export interface CommandNumbers {
  readonly stepName: string;
  readonly action: Action;
  readonly round: number;
  readonly attempt: number;
}

/**
 * Equal for a re-send of the same attempt after a crash, never repeated otherwise
 * (docs/protocol.md, "The message").
 */
export function attemptIdOf(flowId: string, command: CommandNumbers): string {
  const { stepName, action, round, attempt } = command;
  return `${flowId}:${stepName}:${action}:${round}:${attempt}`;
}

/** The parts of an attemptId, or null when it is none of this step's. */
export function readAttemptId(
  attemptId: string,
  flowId: string,
  stepName: string,
): { readonly action: Action; readonly round: number; readonly attempt: number } | null {
  const prefix = `${flowId}:${stepName}:`;
  if (!attemptId.startsWith(prefix)) return null;
  const match = /^(DO|UNDO):(\d{1,9}):(\d{1,9})$/.exec(attemptId.slice(prefix.length));
  return match === null
    ? null
    : {
        action: match[1] === 'DO' ? 'DO' : 'UNDO',
        round: Number(match[2]),
        attempt: Number(match[3]),
      };
}

/** The attemptId of the command that is open; null = none is. */
export function openIdOf({ flowId }: Flow, { open, definition }: StepRun): string | null {
  return open === null
    ? null
    : attemptIdOf(flowId, {
        stepName: definition.name,
        action: open.action,
        round: open.round,
        attempt: open.attempt,
      });
}

/**
 * Its outbox row was not given to a publisher, and may still be withdrawn
 * (rules.md#what-is-undone).
 */
export function isWithdrawable(flow: Flow, step: StepRun): boolean {
  const id = openIdOf(flow, step);
  return id !== null && flow.withdrawable.includes(id);
}

/**
 * Its outbox row was not acknowledged by the broker yet; known when timers look
 * (rules.md#backoff-and-timeouts).
 */
export function isUnsent(flow: Flow, step: StepRun): boolean {
  const id = openIdOf(flow, step);
  return id !== null && flow.unsent.includes(id);
}

/** The command whose outbox row an event withdraws; null: it withdraws none. */
export function withdrawnIdOf(flowId: string, event: EventBody): string | null {
  const { type } = event;
  if (type === 'DO_WITHDRAWN') return idOf(flowId, 'DO', event);
  if (type === 'UNDO_WITHDRAWN') return idOf(flowId, 'UNDO', event);
  return type === 'RESEND_WITHDRAWN' ? idOf(flowId, event.action, event) : null;
}

/** The command that an event puts into the outbox; null: it puts none. */
export function sentIdOf(flowId: string, event: EventBody): string | null {
  const { type } = event;
  if (type === 'DO_SENT') return idOf(flowId, 'DO', event);
  if (type === 'UNDO_SENT') return idOf(flowId, 'UNDO', event);
  return type === 'COMMAND_RESENT' ? idOf(flowId, event.action, event) : null;
}

/** Events about a DO have no round. */
function idOf(
  flowId: string,
  action: Action,
  { stepName, round = 0, attempt }: Omit<CommandNumbers, 'action' | 'round'> & { round?: number },
): string {
  return attemptIdOf(flowId, { stepName, action, round, attempt });
}
