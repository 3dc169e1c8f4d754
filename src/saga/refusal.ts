/**
 * Why an input does not count. Of a reply it is on the timeline; of an operator action it is a
 * problem. Listed in docs/protocol.md.
 */
export const REFUSALS = {
  UNKNOWN_STEP: 'the orchestration of this flow has no such step',
  STALE_ATTEMPT: 'a failure of an older attempt never counts',
  STALE_ROUND: 'an UNDO success of an older round never counts',
  NOT_SENT: 'no such command was sent',
  WRONG_STATE: 'the step does not wait for this answer',
  ALREADY_DONE: 'the step has this answer already',
  FLOW_ENDED: 'the flow has ended',
  PLAN_CHANGED: 'the flow has changed since the plan was made',
  NOT_ALLOWED: 'the flow is not in a state that allows this',
} as const;
export type RefusalCode = keyof typeof REFUSALS;
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}
