import type { FlowEvent } from '../../src/saga/event.js';
import type { Action, Flow } from '../../src/saga/flow.js';
import type { StartInput } from '../../src/saga/input.js';

export interface PublishedCommand {
  readonly stepName: string;
  readonly action: Action;
  readonly attemptId: string;
  /** The flow's own mark that its payload carried. */
  readonly mark: string | null;
}

/** What is known of one flow; null: not observed here. */
export interface FlowEvidence {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  /** Nothing is expected to happen any more. */
  readonly isOver: boolean;
  /** Its workers copy the command's headers, attemptId among them. */
  readonly echoes: boolean;
  readonly commands: readonly PublishedCommand[] | null;
  /** Numbers of the events that a subscriber got, in the order they came. */
  readonly delivered: readonly number[] | null;
  /** Whether the effect of a step's DO is in place in the workers' world. */
  readonly isInPlace: ((stepName: string) => boolean) | null;
  /** What every payload of the flow carries. */
  readonly mark: string | null;
  /** Flow status of the newest record on the status topic. */
  readonly reportedEnd: string | null;
  readonly fold: (start: StartInput, events: readonly FlowEvent[]) => Flow;
}

/** Positions are `topic/partition/offset`. */
export interface RunEvidence {
  readonly outbox: number;
  readonly parked: number;
  readonly poison: readonly string[];
  readonly quarantined: ReadonlySet<string>;
  readonly accepted: readonly string[];
  readonly stored: ReadonlySet<string>;
}

type Checked = readonly (readonly [invariant: string, broken: string | null])[];
export const FLOW_INVARIANTS: Readonly<Record<string, (evidence: FlowEvidence) => string | null>>;
export const RUN_INVARIANTS: Readonly<Record<string, (evidence: RunEvidence) => string | null>>;
export function checkFlow(evidence: FlowEvidence): Checked;
export function checkRun(evidence: RunEvidence): Checked;
