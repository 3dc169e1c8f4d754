/** Lists as async iterators, which read page after page. */
import * as api from './generated/graphql.js';
import type { Send, Signal } from './http.js';

export type HistoryFlow = api.HistoryQuery['history']['edges'][number]['node'];
export type OrchestrationSummary =
  api.OrchestrationsQuery['orchestrations']['edges'][number]['node'];

export interface HistoryOptions extends Signal {
  readonly orchestrationName?: string | undefined;
  readonly filter?: api.FlowFilter | undefined;
  /** Flows per request, 1–100. Default 50. */
  readonly pageSize?: number | undefined;
}

export type AuditEntry = api.AuditQuery['audit']['edges'][number]['node'];

export interface AuditOptions extends Signal {
  readonly filter?: api.AuditFilter | undefined;
  /** Rows per request, 1–100. Default 50. */
  readonly pageSize?: number | undefined;
}

interface Page<T> {
  readonly edges: readonly { readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly endCursor?: string | null | undefined;
  };
}

const MOST_EVENTS = 100;

async function* pages<T>(
  read: (after: string | null) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Page<T> = await read(after);
    for (const { node } of edges) yield node;
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor ?? null;
  }
}

export function lists(send: Send) {
  return {
    /** Flows, newest first. */
    history({ orchestrationName, filter, pageSize = 50, signal }: HistoryOptions = {}) {
      const fixed = { orchestrationName, filter, first: pageSize };
      return pages(async (after) => {
        const variables: api.HistoryQueryVariables = { ...fixed, after };
        return (await send(api.HistoryDocument, variables, { signal })).history;
      });
    },

    /** Who did what, when and from where, newest first. */
    audit({ filter, pageSize = 50, signal }: AuditOptions = {}) {
      return pages(async (after) => {
        const variables: api.AuditQueryVariables = { filter, first: pageSize, after };
        return (await send(api.AuditDocument, variables, { signal })).audit;
      });
    },

    /** Registered orchestrations by name. */
    orchestrations({ nameContains, signal }: Signal & { nameContains?: string | undefined } = {}) {
      return pages(async (after) => {
        const variables: api.OrchestrationsQueryVariables = { nameContains, first: 50, after };
        return (await send(api.OrchestrationsDocument, variables, { signal })).orchestrations;
      });
    },
    ...timelines(send),
  };
}

function timelines(send: Send) {
  return {
    /**
     * The stored events of a flow after the cursor; nothing when there is no such flow. See `watch`
     * for live ones.
     */
    async *timeline(
      flowId: string,
      { after = 0, signal }: Signal & { readonly after?: number | undefined } = {},
    ): AsyncGenerator<api.EventDetailsFragment, void, undefined> {
      for (let cursor = after; ; ) {
        const variables = { flowId, first: MOST_EVENTS, after: cursor };
        const { details } = await send(api.TimelineDocument, variables, { signal });
        const events = details?.timeline ?? [];
        yield* events;
        const last = events.at(-1);
        if (last === undefined || events.length < MOST_EVENTS) return;
        cursor = last.number;
      }
    },
  };
}
