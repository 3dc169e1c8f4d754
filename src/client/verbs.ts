/** Operator actions. Each stores reason and actor, and throws ProblemError when it is refused. */
import { ProblemError } from './errors.js';
import * as api from './generated/graphql.js';
import type { Send, Signal } from './http.js';

export type FlowSummary = api.FlowSummaryFragment;

/** Whether an orchestration takes new flows and sends DO commands, and who decided that. */
export type OrchestrationStanding = api.OrchestrationStandingFragment;

/** The result of one call; call again with `after: endCursor` while `hasNextPage`. */
export type BulkCounts = api.BulkDetailsFragment;

export function verbs(send: Send) {
  return {
    ...orchestrationVerbs(send),
    ...flowVerbs(send),
    ...stepVerbs(send),
    ...bulkVerbs(send),
  };
}

function bulkVerbs(send: Send) {
  return {
    /**
     * `retryStep` for the steps out of retries of every flow that matches. Refusals are counted in
     * `problems`, not thrown.
     */
    retryFlows: async (input: api.BulkInput, options?: Signal): Promise<BulkCounts> =>
      countsOf((await send(api.RetryFlowsDocument, { input }, options)).retryFlows),
    /** `undoFlow` for every flow that matches. */
    undoFlows: async (input: api.BulkInput, options?: Signal): Promise<BulkCounts> =>
      countsOf((await send(api.UndoFlowsDocument, { input }, options)).undoFlows),
    /** `cancelFlow`, with undo, for every flow that matches. */
    cancelFlows: async (input: api.BulkInput, options?: Signal): Promise<BulkCounts> =>
      countsOf((await send(api.CancelFlowsDocument, { input }, options)).cancelFlows),
  };
}

function orchestrationVerbs(send: Send) {
  return {
    /** Sends no new DO in any of its flows; new flows are refused, or with `queue` stored. */
    pauseOrchestration: async (
      input: api.OrchestrationActionInput,
      options?: Signal,
    ): Promise<OrchestrationStanding> =>
      standingOf(
        (await send(api.PauseOrchestrationDocument, { input }, options)).pauseOrchestration,
      ),
    /** Lifts the pause and the archive: its flows go on, and new flows are accepted. */
    resumeOrchestration: async (
      input: api.OrchestrationActionInput,
      options?: Signal,
    ): Promise<OrchestrationStanding> =>
      standingOf(
        (await send(api.ResumeOrchestrationDocument, { input }, options)).resumeOrchestration,
      ),
    /** Refuses new flows; flows in flight go on. */
    archiveOrchestration: async (
      input: api.OrchestrationActionInput,
      options?: Signal,
    ): Promise<OrchestrationStanding> =>
      standingOf(
        (await send(api.ArchiveOrchestrationDocument, { input }, options)).archiveOrchestration,
      ),
  };
}

function flowVerbs(send: Send) {
  return {
    /** Ends a flow; `undo: false` leaves what was done. */
    cancelFlow: async (input: api.CancelFlowInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.CancelFlowDocument, { input }, options)).cancelFlow),
    /** Undoes a flow that runs, is completed, or failed. */
    undoFlow: async (input: api.UndoFlowInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.UndoFlowDocument, { input }, options)).undoFlow),
    /** Sends nothing more until `resumeFlow`; replies are still recorded. */
    pauseFlow: async (input: api.FlowActionInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.PauseFlowDocument, { input }, options)).pauseFlow),
    /** Lifts the pause, and sends what follows. */
    resumeFlow: async (input: api.FlowActionInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.ResumeFlowDocument, { input }, options)).resumeFlow),
  };
}

function stepVerbs(send: Send) {
  return {
    /** Gives an exhausted DO or UNDO a fresh budget, or runs a waiting retry now. */
    retryStep: async (input: api.StepActionInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.RetryStepDocument, { input }, options)).retryStep),
    /** Sends the open command once more, for a worker that began to read after it. */
    resendCommand: async (input: api.StepActionInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.ResendCommandDocument, { input }, options)).resendCommand),
    /** Settles an exhausted step by hand. */
    skipStep: async (input: api.SkipStepInput, options?: Signal): Promise<FlowSummary> =>
      flowOf((await send(api.SkipStepDocument, { input }, options)).skipStep),
  };
}

/** Throws when the input was refused: no flow was read, and there are problems. */
function countsOf(counts: BulkCounts): BulkCounts {
  if (counts.matched === 0 && counts.problems.length > 0) throw new ProblemError(counts.problems);
  return counts;
}

function standingOf(payload: {
  readonly orchestration?: OrchestrationStanding | null | undefined;
  readonly problems: readonly api.ProblemDetailsFragment[];
}): OrchestrationStanding {
  if (payload.problems.length > 0 || !payload.orchestration)
    throw new ProblemError(payload.problems);
  return payload.orchestration;
}

export function flowOf(payload: {
  readonly flow?: FlowSummary | null | undefined;
  readonly problems: readonly api.ProblemDetailsFragment[];
}): FlowSummary {
  if (payload.problems.length > 0 || !payload.flow) throw new ProblemError(payload.problems);
  return payload.flow;
}
