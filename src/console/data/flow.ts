/**
 * A flow as a page shows it: what it is now, and everything that happened, live and without gaps.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import {
  FlowPageDocument,
  type FlowPageQuery,
  FlowTimelineDocument,
  type TimelineEventFragment,
} from '../generated/graphql.js';
import { gateway, mayPass } from './gateway.js';
import { useChanges } from './live.js';
import { type Loaded, useLoaded } from './load.js';

export type FlowNow = NonNullable<FlowPageQuery['details']>;
/** After a step change the flow is read again, in milliseconds at most this often. */
const EVERY = 300;
/** After a failure that may pass it is followed again, in milliseconds. */
const AGAIN = 2000;
/** Events that are kept; of a longer flow the newest. */
const KEPT = 5000;

export interface Followed {
  readonly loaded: Loaded<{ readonly flow: FlowNow | null }>;
  readonly events: readonly TimelineEventFragment[];
}

export function useFlow(flowId: string): Followed {
  const loaded = useLoaded(flowId, async (signal) => {
    const answer = await gateway.request(FlowPageDocument, { flowId }, { signal });
    return { flow: answer.details ?? null };
  });
  const exists = loaded.data?.flow !== undefined && loaded.data.flow !== null;
  const status = loaded.data?.flow?.status ?? '';
  const events = useEvents(exists ? flowId : null, status, loaded.reload);
  useChanges(loaded.reload, EVERY, { flowId });
  return { loaded, events };
}

/**
 * Stored events first, then live ones, each once. A flow that goes on after its end (an operator
 * undid it) is followed again.
 */
function useEvents(
  flowId: string | null,
  status: string,
  changed: () => void,
): readonly TimelineEventFragment[] {
  const [events, setEvents] = useState<readonly TimelineEventFragment[]>([]);
  const known = useRef<{ id: string | null; list: TimelineEventFragment[] }>({
    id: null,
    list: [],
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: undo may reopen a flow
  useEffect(() => {
    if (flowId === null) return undefined;
    if (known.current.id !== flowId) known.current = { id: flowId, list: [] };
    const end = new AbortController();
    const { list } = known.current;
    const show = (): void => {
      if (end.signal.aborted) return;
      list.splice(0, list.length - KEPT);
      setEvents([...list]);
    };
    void followAgain(flowId, list, { signal: end.signal, show, changed });
    return () => end.abort();
  }, [flowId, status, changed]);
  return known.current.id === flowId ? events : [];
}

interface Following {
  readonly signal: AbortSignal;
  readonly show: () => void;
  readonly changed: () => void;
}

/** After a failure that may pass it goes on behind the last event it has. */
async function followAgain(
  flowId: string,
  list: TimelineEventFragment[],
  following: Following,
): Promise<void> {
  while (!following.signal.aborted)
    try {
      return await follow(flowId, list, following);
    } catch (error) {
      if (!mayPass(error)) return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
}

async function follow(
  flowId: string,
  list: TimelineEventFragment[],
  { signal, show, changed }: Following,
): Promise<void> {
  for (let full = true; full; ) {
    const after = list.at(-1)?.number ?? 0;
    const variables = { flowId, after };
    const { details } = await gateway.request(FlowTimelineDocument, variables, { signal });
    const more = details?.timeline ?? [];
    list.push(...more);
    full = more.length === 1000;
  }
  show();
  const after = list.at(-1)?.number ?? 0;
  for await (const event of gateway.watch(flowId, { after, signal })) {
    list.push({ ...event });
    show();
    changed();
  }
}
