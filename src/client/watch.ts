/** Following a flow: events that resume by themselves, and its end. */
import type { Credentials } from './credentials.js';
import { BackstepError } from './errors.js';
import * as api from './generated/graphql.js';
import type { Send, Signal } from './http.js';
import { type ResumeOptions, resuming, type Subscriptions, subscribe } from './subscribe.js';

export type FlowEnd = NonNullable<api.FlowEndQuery['details']>;
export type FlowEvent = api.EventDetailsFragment;
export type StepChange = api.StepChangesSubscription['stepStatusChanged'];

export interface WatchOptions extends ResumeOptions {
  /** Number of the last event you have. Default 0: from the beginning. */
  readonly after?: number | undefined;
}

const TERMINAL: ReadonlySet<string> = new Set(['COMPLETED', 'UNDONE', 'FAILED', 'CANCELLED']);
const NO_ANSWER = { status: null, requestId: null } as const;

export function followers(send: Send, subscriptions: Subscriptions, credentials: Credentials) {
  /**
   * All events of a flow after the cursor, each once and in order; reconnects by itself and ends at
   * the flow's end.
   */
  function watch(
    flowId: string,
    { after = 0, signal, onReconnect }: WatchOptions = {},
  ): AsyncGenerator<FlowEvent, void, undefined> {
    const cursor = { last: after };
    const channels = { send, subscriptions };
    const options = { signal, onReconnect };
    return resuming(() => attempt(channels, flowId, cursor, signal), options, credentials);
  }

  /**
   * The flow at its end: COMPLETED, UNDONE, FAILED or CANCELLED. A flow that is already over
   * returns at once.
   */
  async function waitForEnd(flowId: string, options: WatchOptions = {}): Promise<FlowEnd> {
    for await (const _ of watch(flowId, options));
    const { details } = await send(api.FlowEndDocument, { flowId }, options);
    if (details) return details;
    throw new BackstepError('UNKNOWN_FLOW', `there is no flow ${flowId}`, NO_ANSWER);
  }

  return { watch, waitForEnd, stepChanges: stepChangesOf(subscriptions, credentials) };
}

/** The events after the cursor until the subscription completes, each once and in order. */
async function* attempt(
  { send, subscriptions }: Channels,
  flowId: string,
  cursor: { last: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<FlowEvent, void, undefined> {
  const variables = { flowId, after: cursor.last };
  let status: string | null | undefined = null;
  for await (const item of subscribe(subscriptions, api.FlowEventsDocument, variables, signal)) {
    const event = item.flowEvents;
    if (event.number <= cursor.last) continue;
    cursor.last = event.number;
    status = event.flowStatus;
    yield event;
  }
  // A gateway that stops also completes its subscriptions, so the status shows whether the flow has
  // ended.
  status ??= (await send(api.FlowEndDocument, { flowId }, { signal })).details?.status;
  if (status && !TERMINAL.has(status))
    throw new BackstepError('CONNECTION', 'the subscription ended before the flow', NO_ANSWER);
}

interface Channels {
  readonly send: Send;
  readonly subscriptions: Subscriptions;
}

function stepChangesOf(subscriptions: Subscriptions, credentials: Credentials) {
  /**
   * Live step changes of one flow, one orchestration, or all. Changes during a reconnection are not
   * repeated: see `watch`.
   */
  return function stepChanges(
    filter: api.StepChangesSubscriptionVariables = {},
    options: ResumeOptions & Signal = {},
  ): AsyncGenerator<StepChange, void, undefined> {
    async function* changes(): AsyncGenerator<StepChange, void, undefined> {
      const { signal } = options;
      for await (const change of subscribe(subscriptions, api.StepChangesDocument, filter, signal))
        yield change.stepStatusChanged;
    }
    return resuming(changes, options, credentials);
  };
}
