/**
 * Layer 6, the typed client (`backstep/client`). Knows: the published schema, HTTP, WebSocket.
 * Refuses to know: the inside of the gateway. In: calls of a program, in Node 22 or a browser. Out:
 * typed results, typed errors, events that resume by themselves.
 */
import { createClient as createSocket } from 'graphql-ws/client';
import { Credentials, type HeaderSource, type Headers } from './credentials.js';
import { ProblemError } from './errors.js';
import { eventStreams } from './event-streams.js';
import * as api from './generated/graphql.js';
import { type HttpOptions, request, type Send, type Signal } from './http.js';
import { lists } from './lists.js';
import type { Subscriptions } from './subscribe.js';
import { type FlowSummary, flowOf, verbs } from './verbs.js';
import { type FlowEnd, followers, type WatchOptions } from './watch.js';
import { workers } from './workers.js';

export interface ClientOptions {
  /** The GraphQL endpoint, for example `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /**
   * Sent with each HTTP request and as the payload of `connection_init`. A function, which may be
   * async, is called each time; when the gateway has refused its token, or closed a subscription
   * because it expired, it is called once more with that error.
   */
  readonly headers?: Headers | HeaderSource | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * The transport of subscriptions: `sse` (server-sent events) works with proxies that do not
   * support WebSockets. Default `ws`.
   */
  readonly transport?: 'ws' | 'sse' | undefined;
  /** A WebSocket class. Default: the global one (browsers, Node 22 and newer). */
  readonly webSocket?: unknown;
}

export type FlowDetails = NonNullable<api.DetailsQuery['details']>;
export type FlowUndoPlan = NonNullable<api.UndoPlanQuery['undoPlan']>;
export type FlowDiagnosis = NonNullable<api.DiagnoseQuery['diagnose']>;
export type Registered = api.RegisterMutation['registerOrchestration']['registrations'][number];
/** An orchestration with the policies it has now. */
export type Policed = NonNullable<api.SetPolicyMutation['setPolicy']['orchestration']>;
export type Reencrypted = api.ReencryptPayloadsMutation['reencryptPayloads'];
export type Simulated = Omit<api.SimulateQuery['simulate'], 'problems'>;
export type SloSummary = api.SloQuery['slo'];
export type BackstepClient = ReturnType<typeof createClient>;

/**
 * A client of one gateway, or of several behind one address. Call `close` when it is not needed any
 * more.
 */
export function createClient({ url, headers, fetch, webSocket, transport }: ClientOptions) {
  const http = httpOf({ url, headers, fetch });
  const subscriptions = transport === 'sse' ? eventStreams(http) : sockets(http, webSocket);
  const send: Send = (document, variables, { signal } = {}) =>
    request(http, document, variables, signal);
  const follow = followers(send, subscriptions, http.credentials);
  const calls = callsOf(send);
  return {
    /**
     * Sends any operation: a document of your own, typed by a code generator or by hand. Throws
     * BackstepError.
     */
    request: send,
    ...calls,
    ...follow,
    ...lists(send),
    ...verbs(send),
    ...workers(send, subscriptions, http.credentials),

    /** Starts a flow and waits for its end. */
    async executeAndWait(input: api.ExecuteInput, options: WatchOptions = {}): Promise<FlowEnd> {
      const { flow } = await calls.execute(input, options);
      return follow.waitForEnd(flow.flowId, options);
    },

    /** Closes the connections of subscriptions; iterations that are running end. */
    close(): void {
      void subscriptions.dispose();
    },
  };
}

function httpOf({
  url,
  headers,
  fetch,
}: Pick<ClientOptions, 'url' | 'headers' | 'fetch'>): HttpOptions {
  return {
    url,
    credentials: new Credentials(headers),
    fetch: fetch ?? ((...call) => globalThis.fetch(...call)),
  };
}

interface RegisterOptions extends Signal {
  /** Only shows what would change. */
  readonly dryRun?: boolean | undefined;
  readonly serviceName?: string | undefined;
}

function sockets({ url, credentials }: HttpOptions, webSocket: unknown): Subscriptions {
  return createSocket({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => credentials.headers(),
    on: { connected: () => credentials.accept() },
    // `resuming` reconnects: a retry of the library would subscribe with the old cursor.
    retryAttempts: 0,
    ...(webSocket !== undefined && { webSocketImpl: webSocket }),
  });
}

function callsOf(send: Send) {
  return {
    ...startsOf(send),
    ...definitionsOf(send),
    ...objectivesOf(send),
    ...encryptionOf(send),
  };
}

function objectivesOf(send: Send) {
  return {
    /**
     * The monitoring checklist of an orchestration, or of all, over the last minutes (default 60).
     */
    async slo(
      window: api.SloQueryVariables = {},
      options: Signal = {},
    ): Promise<api.SloQuery['slo']> {
      return (await send(api.SloDocument, window, options)).slo;
    },
  };
}

function startsOf(send: Send) {
  return {
    /**
     * Starts a flow. Throws ProblemError when it is refused. With an idempotencyKey it may be
     * repeated safely. The payload is sent with `JSON.stringify`: pass whole numbers beyond 2^53 as
     * text.
     */
    async execute(
      input: api.ExecuteInput,
      options: Signal = {},
    ): Promise<{ readonly flow: FlowSummary; readonly created: boolean }> {
      const answer = (await send(api.ExecuteDocument, { input }, options)).execute;
      return { flow: flowOf(answer), created: answer.created };
    },

    /**
     * Registers a YAML or JSON document. Throws ProblemError with all problems and their lines;
     * then nothing is stored.
     */
    async register(
      document: string,
      { dryRun = false, serviceName, signal }: RegisterOptions = {},
    ): Promise<readonly Registered[]> {
      const input = { document, dryRun, serviceName };
      const answer = (await send(api.RegisterDocument, { input }, { signal }))
        .registerOrchestration;
      if (answer.problems.length > 0) throw new ProblemError(answer.problems);
      return answer.registrations;
    },
  };
}

function encryptionOf(send: Send) {
  return {
    /**
     * Rewrites payloads with the current key of PAYLOAD_ENCRYPTION in batches; yields the counts
     * of each.
     */
    async *reencryptPayloads(
      { reason, first }: Pick<api.ReencryptInput, 'reason' | 'first'>,
      options: Signal = {},
    ): AsyncGenerator<Reencrypted, void, undefined> {
      for (let after: string | null = null; ; ) {
        const input: api.ReencryptInput = { reason, first, after };
        const answer: Reencrypted = (await send(api.ReencryptPayloadsDocument, { input }, options))
          .reencryptPayloads;
        if (answer.problems.length > 0) throw new ProblemError(answer.problems);
        yield answer;
        if (!answer.hasNextPage) return;
        after = answer.endCursor ?? null;
      }
    },
  };
}

function definitionsOf(send: Send) {
  return {
    /**
     * Sets retries, timeouts and backoff instead of the document's, for flows that start
     * afterwards; all null removes the policy.
     */
    async setPolicy(input: api.SetPolicyInput, options: Signal = {}): Promise<Policed> {
      const answer = (await send(api.SetPolicyDocument, { input }, options)).setPolicy;
      if (answer.problems.length > 0 || !answer.orchestration)
        throw new ProblemError(answer.problems);
      return answer.orchestration;
    },

    /**
     * Simulates a flow whose workers fail as described; nothing is stored or sent. Throws
     * ProblemError with every problem.
     */
    async simulate(input: api.SimulateInput, options: Signal = {}): Promise<Simulated> {
      const { problems, ...simulated } = (await send(api.SimulateDocument, { input }, options))
        .simulate;
      if (problems.length > 0) throw new ProblemError(problems);
      return simulated;
    },

    /**
     * What `undoFlow` would send now; null = no such flow. Its `hash` makes `undoFlow` refuse when
     * the flow has changed since.
     */
    async undoPlan(flowId: string, options: Signal = {}): Promise<FlowUndoPlan | null> {
      return (await send(api.UndoPlanDocument, { flowId }, options)).undoPlan ?? null;
    },

    /** Why a flow does not go on, or that it does; null = no such flow. */
    async diagnose(flowId: string, options: Signal = {}): Promise<FlowDiagnosis | null> {
      return (await send(api.DiagnoseDocument, { flowId }, options)).diagnose ?? null;
    },

    /** A flow with its steps, payloads and available actions; null = no such flow. */
    async details(flowId: string, options: Signal = {}): Promise<FlowDetails | null> {
      return (await send(api.DetailsDocument, { flowId }, options)).details ?? null;
    },
  };
}
