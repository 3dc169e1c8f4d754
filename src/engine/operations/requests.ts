/**
 * Requests of callers: start a flow, apply an operator action. Expected errors are returned as
 * problems.
 */
import { LIMITS } from '../../limits/limits.js';
import { isWithin, type Within } from '../../names/patterns.js';
import type { OperatorInput, StartRequest } from '../../saga/input.js';
import { newFlowId } from '../intake/flow-id.js';
import { type DeliveryQueue, Overloaded } from '../intake/queue.js';
import { CannotRecord } from '../intake/road.js';
import {
  type Caller,
  type CountedStart,
  type DeliveryOutcome,
  NO_PAYLOADS,
  type ReadModel,
  type Store,
} from '../ports.js';
import { problem, unknownFlow, unknownOrchestration } from '../problem.js';
import type { ExecuteResult, FlowResult } from '../service.js';

interface StartOptions {
  readonly by?: Caller;
  readonly suggestions?: { left: number } | undefined;
  readonly within?: Within;
  readonly counted?: CountedStart | undefined;
}

export class Requests {
  constructor(
    private readonly queue: Pick<DeliveryQueue, 'submit'>,
    private readonly read: ReadModel,
    private readonly store: Pick<Store, 'similarNames'>,
    /** Why no new flow can be accepted now; null = it can. */
    private readonly full: () => string | null = () => null,
  ) {}

  async execute(request: StartRequest, options: StartOptions = {}): Promise<ExecuteResult> {
    const { by, suggestions = { left: LIMITS.nameSuggestions.value }, within, counted } = options;
    const full = this.full();
    if (full !== null)
      return { flow: null, created: false, problems: [problem('BROKER_FULL', full)] };
    if (!isWithin(request.orchestrationName, within))
      return this.unknown(request.orchestrationName, suggestions, within);
    // The id is generated once: if the answer to the commit is lost, the next try finds its own
    // flow.
    const flowId = request.flowId ?? newFlowId();
    try {
      const start = { ...request, flowId };
      const delivery = { from: 'caller', kind: 'start', start, by, counted } as const;
      const [outcome] = await this.queue.submit([delivery]);
      return outcome?.kind === 'quarantined' && outcome.code === 'UNKNOWN_ORCHESTRATION'
        ? await this.unknown(request.orchestrationName, suggestions, within)
        : await this.started(request, flowId, outcome);
    } catch (error) {
      if (error instanceof Overloaded || error instanceof CannotRecord)
        return { flow: null, created: false, problems: [problem(error.code, error.message)] };
      throw error;
    }
  }

  private async started(
    request: StartRequest,
    flowId: string,
    outcome: DeliveryOutcome | undefined,
  ): Promise<ExecuteResult> {
    if (outcome?.kind === 'recorded') return { flow: outcome.flow, created: true, problems: [] };
    if (outcome?.kind === 'quarantined') {
      const { code, message, path = null } = outcome;
      return { flow: null, created: false, problems: [problem(code, message, path)] };
    }
    if (outcome?.kind !== 'echo') throw new Error(`a start ended as ${outcome?.kind}`);
    if (!outcome.samePayload && outcome.flowId !== flowId) {
      const message = `the key ${request.idempotencyKey} was used with another payload, for flow ${outcome.flowId}; use a new key`;
      return {
        flow: null,
        created: false,
        problems: [problem('IDEMPOTENCY_KEY_CONFLICT', message, 'idempotencyKey')],
      };
    }
    const read = await this.read.flows([outcome.flowId], { payloads: NO_PAYLOADS });
    const flow = read.get(outcome.flowId) ?? null;
    const created = request.flowId === null && outcome.flowId === flowId;
    return { flow, created, problems: [], withoutPayloads: true };
  }

  /** The same for a name that is not registered and for one that this caller may not see. */
  private async unknown(
    name: string,
    lookups: { left: number },
    within: Within,
  ): Promise<ExecuteResult> {
    const store = lookups.left-- > 0 ? this.store : { similarNames: async () => [] };
    const unknown = await unknownOrchestration(store, name, 'orchestrationName', { within });
    return { flow: null, created: false, problems: [unknown] };
  }

  async applyOperatorAction(input: OperatorInput, by?: Caller): Promise<FlowResult> {
    const [outcome] = await this.queue.submit([{ from: 'caller', kind: 'input', input, by }]);
    if (outcome?.kind === 'recorded') {
      const { flow, refusal } = outcome;
      return { flow, problems: refusal === null ? [] : [problem(refusal.code, refusal.message)] };
    }
    if (outcome?.kind === 'parked')
      return { flow: null, problems: [problem('FLOW_PARKED', outcome.reason)] };
    return { flow: null, problems: [unknownFlow(input.flowId)] };
  }
}
