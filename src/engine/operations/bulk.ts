/**
 * One operator action on many flows, page by page over a filter, each flow in a delivery of its
 * own. Refusals are counted by reason; what was done stays done, even when a later page fails.
 */
import { accept } from '../../saga/accept.js';
import type { Flow, FlowStatus, StepRun } from '../../saga/flow.js';
import type { OperatorInput } from '../../saga/input.js';
import { doneRow, GATEWAY } from '../audit/audit-rows.js';
import type { DeliveryQueue } from '../intake/queue.js';
import {
  type AuditRow,
  type Caller,
  type DeliveryOutcome,
  Fault,
  NO_OBJECT,
  NO_PAYLOADS,
  type Problem,
  type ReadModel,
} from '../ports.js';
import { problem } from '../problem.js';
import type { BulkRefusal, BulkRequest, BulkResult } from '../service.js';

/** Flows of one page: they are submitted together and share transactions. */
const PAGE = 100;
/** How many reasons are returned, and how many flows are named with each. */
const MOST_REASONS = 20;
const MOST_NAMED = 3;

/**
 * The statuses without a status in the filter: in any other one the action is refused, and
 * COMPLETED flows are undone only when named.
 */
const STATUSES: Readonly<Record<BulkRequest['verb'], readonly FlowStatus[]>> = {
  RETRY: ['IN_PROGRESS', 'UNDOING', 'FAILED'],
  UNDO: ['IN_PROGRESS', 'FAILED'],
  CANCEL: ['IN_PROGRESS'],
};

const BULK_ACTIONS: Readonly<Record<BulkRequest['verb'], string>> = {
  RETRY: 'retryFlows',
  UNDO: 'undoFlows',
  CANCEL: 'cancelFlows',
};

interface BulkOptions {
  readonly signal?: AbortSignal;
  readonly by?: Caller;
}

interface Refused {
  readonly code: string;
  readonly message: string;
}

export class Bulk {
  constructor(
    private readonly queue: Pick<DeliveryQueue, 'submit'>,
    private readonly read: Pick<ReadModel, 'history'>,
    private readonly audit: (row: AuditRow) => Promise<void>,
  ) {}

  /** Each flow has a row of its own in the audit; this one counts them. */
  async run(request: BulkRequest, { signal, by }: BulkOptions = {}): Promise<BulkResult> {
    const result = await this.pages(request, by, signal);
    const { matched, done, refused } = result;
    const counts = { matched, done, refused, ...(request.dryRun && { dryRun: true }) };
    const { actor, reason, verb, filter } = request;
    const wanted = {
      ...(by ?? { ...GATEWAY, actor, proven: false }),
      ...NO_OBJECT,
      orchestrationName: filter.orchestrationName ?? null,
      action: BULK_ACTIONS[verb],
      reason,
    };
    await this.audit(doneRow(wanted, { after: JSON.stringify(counts) }));
    return result;
  }

  private async pages(
    request: BulkRequest,
    by: Caller | undefined,
    signal: AbortSignal | undefined,
  ): Promise<BulkResult> {
    const tally = new Tally();
    const { verb, filter, first, dryRun } = request;
    const wanted = { ...filter, statuses: filter.statuses ?? STATUSES[verb] };
    const options = { payloads: NO_PAYLOADS, signal };
    let endCursor = request.after;
    let hasNextPage = true;
    try {
      while (hasNextPage && tally.matched < first && signal?.aborted !== true) {
        const size = Math.min(PAGE, first - tally.matched);
        const page = await this.read.history(wanted, size, endCursor, options);
        const flows = page.items.map(({ item }) => item);
        tally.add(flows, dryRun ? simulated(flows, request) : await this.act(flows, request, by));
        endCursor = page.items.at(-1)?.cursor ?? endCursor;
        ({ hasNextPage } = page);
      }
    } catch (error) {
      if (!(error instanceof Fault) || tally.matched === 0) throw error;
      const message = `stopped after ${tally.matched} flows: ${error.reason}; go on after endCursor`;
      return { ...tally.result(problem('UNAVAILABLE', message)), hasNextPage: true, endCursor };
    }
    return { ...tally.result(), hasNextPage, endCursor };
  }

  /** Why each flow refused it; null = done. */
  private async act(
    flows: readonly Flow[],
    request: BulkRequest,
    by: Caller | undefined,
  ): Promise<readonly (Refused | null)[]> {
    const inputs = flows.map((flow) => inputsFor(flow, request));
    const outcomes = await this.queue.submit(
      inputs.flat().map((input) => ({ from: 'caller', kind: 'input', input, by })),
    );
    let next = 0;
    return inputs.map((mine) => {
      const answers = outcomes.slice(next, next + mine.length).map(refusalOf);
      next += mine.length;
      return verdictOf(answers);
    });
  }
}

/** The same for a dry run, on the flow as it was read. */
function simulated(flows: readonly Flow[], request: BulkRequest): readonly (Refused | null)[] {
  return flows.map((flow) =>
    verdictOf(
      inputsFor(flow, request).map((input) => {
        const accepted = accept(flow, input);
        return accepted !== null && 'refusal' in accepted ? accepted.refusal : null;
      }),
    ),
  );
}

/** Done when some of it was accepted. */
function verdictOf(answers: readonly (Refused | null)[]): Refused | null {
  if (answers.length === 0) return NOTHING_TO_RETRY;
  return answers.includes(null) ? null : (answers[0] ?? null);
}

const NOTHING_TO_RETRY = { code: 'NOT_ALLOWED', message: 'nothing of it is out of retries' };

function inputsFor(flow: Flow, { verb, filter, actor, reason }: BulkRequest): OperatorInput[] {
  const by = { flowId: flow.flowId, actor, reason };
  if (verb === 'UNDO') return [{ ...by, type: 'UNDO_FLOW' }];
  if (verb === 'CANCEL') return [{ ...by, type: 'CANCEL', undo: true }];
  return flow.steps
    .filter(
      (step) =>
        isRetried(step) && step.definition.name === (filter.stepName ?? step.definition.name),
    )
    .map(({ definition: { name: stepName } }) => ({ ...by, type: 'RETRY_STEP', stepName }));
}

/** Out of retries, for its DO or its UNDO, or waiting for the next attempt. */
function isRetried({ status, undoExhausted, nextAttemptAt }: StepRun): boolean {
  return undoExhausted || nextAttemptAt !== null || status === 'RETRY_EXHAUSTED';
}

function refusalOf(outcome: DeliveryOutcome): Refused | null {
  if (outcome.kind === 'recorded') return outcome.refusal;
  if (outcome.kind === 'parked') return { code: 'FLOW_PARKED', message: outcome.reason };
  return { code: 'UNKNOWN_FLOW', message: 'the flow has been removed meanwhile' };
}

function inWords({ code, message, count, flowIds }: BulkRefusal): Problem {
  const others = count > flowIds.length ? ', …' : '';
  const flows = `${count} ${count === 1 ? 'flow' : 'flows'}`;
  return problem(code, `${flows}: ${message} (${flowIds.join(', ')}${others})`);
}

class Tally {
  matched = 0;
  private done = 0;
  private readonly reasons = new Map<string, { readonly why: Refused; readonly flows: string[] }>();

  add(flows: readonly Flow[], answers: readonly (Refused | null)[]): void {
    this.matched += flows.length;
    flows.forEach(({ flowId }, index) => {
      const why = answers[index] ?? null;
      if (why === null) {
        this.done += 1;
        return;
      }
      const key = `${why.code} ${why.message}`;
      const known = this.reasons.get(key) ?? { why, flows: [] };
      known.flows.push(flowId);
      this.reasons.set(key, known);
    });
  }

  result(...more: readonly Problem[]): Omit<BulkResult, 'hasNextPage' | 'endCursor'> {
    const all = [...this.reasons.values()].map(({ why, flows }) => {
      return { ...why, count: flows.length, flowIds: flows.slice(0, MOST_NAMED) };
    });
    const refusals = all.sort((a, b) => b.count - a.count).slice(0, MOST_REASONS);
    const { matched, done } = this;
    const problems = [...refusals.map(inWords), ...more];
    return { matched, done, refused: matched - done, refusals, problems };
  }
}
