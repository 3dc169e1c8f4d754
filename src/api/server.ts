/**
 * Layer 5, the API: serves people and programs, decides nothing. Knows: GraphQL, REST, WebSocket,
 * HTTP. Refuses to know: SQL, Kafka. In: requests. Out: what the engine answers. This file: one
 * port for all of it.
 */
import 'reflect-metadata';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { LIMITS } from '../limits/limits.js';
import type { Metrics } from '../observability/metrics.js';
import { AnswerBytes } from './answer-bytes.js';
import { type Authentication, NO_AUTHENTICATION, openToAll } from './auth/authentication.js';
import { mayReadPayloads } from './auth/policy.js';
import type { Principal } from './auth/principal.js';
import { Connections } from './connections.js';
import type { ServingShell, Shell } from './context.js';
import { GraphqlEvents } from './graphql/over-events.js';
import { openGraphqlHttp } from './graphql/over-http.js';
import { createSchema } from './graphql/schema.js';
import { type HealthWarnings, healthRoutes } from './health.js';
import { bodyLimitOf, createHttp, type HttpRules } from './http.js';
import { type Address, listen } from './listening.js';
import { type Login, loginRoute } from './login.js';
import { OpenFlows } from './open-flows.js';
import { createOrigins, type Origins } from './origins.js';
import { Pace } from './pace.js';
import { type PageOptions, pages } from './pages.js';
import { createGate } from './query-gate.js';
import { FairShares, Rate, Refusals } from './quotas.js';
import { restRoutes } from './rest/routes.js';
import { Shares } from './shares.js';
import type { SocketShares } from './socket-messages.js';
import { openSockets, type Sockets } from './sockets.js';
import { ALL_SHOWN, type Switches } from './switches.js';
import { Certificate } from './tls/certificate.js';
import type { PairFiles } from './tls/pair.js';
import { Turns } from './turns.js';

export interface ApiOptions extends Shell, Address, PageOptions {
  /** Whether clients may read the schema. */
  readonly introspection: boolean;
  /** Errors have a "did you mean" unless this is production without introspection. */
  readonly production: boolean;
  /** Origins of browsers beside our own and loopback; their hosts are accepted, too. */
  readonly allowedOrigins: readonly string[];
  /** Names by which this gateway is reached, beside those. */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * Whether errors may name what there is; absent: with introspection, and when this is not
   * production.
   */
  readonly suggestions?: boolean | undefined;
  /** Absent: everything is shown. */
  readonly switches?: Switches | undefined;
  /** How browsers log in; absent: they do not. */
  readonly login?: Login | undefined;
  /** What /metrics shows beside gauges; absent: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** TLS ends here; absent: plain HTTP, for a proxy that ends TLS or for this machine only. */
  readonly tls?: (PairFiles & { readonly lookMs?: number | undefined }) | undefined;
  /** Sent as Strict-Transport-Security, seconds; absent = without. */
  readonly hstsSeconds?: number | null | undefined;
  /** Who calls; absent: AUTH=none. */
  readonly authentication?: Authentication | undefined;
  /**
   * Whether a caller whose identity nobody proved sees what definitions call sensitive; absent =
   * yes.
   */
  readonly unprovenReadPayloads?: boolean | undefined;
  /** What settings change of the limits; absent = docs/limits.md. */
  readonly limits?: ApiLimits | undefined;
}

export interface ApiLimits {
  /** 0 = no bound; absent as well. */
  readonly startsPerSecond?: number;
  /** The same. */
  readonly openFlowsPerPrincipal?: number;
  readonly socketConnectionsPerPrincipal: number;
  readonly subscriptionsPerPrincipal: number;
  readonly subscriberMessagesPerSecond: number;
}

export interface Api {
  readonly url: string;
  readonly port: number;
  /** Each as `METHOD path`; docs/security-paths.md has the rule of each. */
  readonly routes: readonly string[];
  /**
   * Accepts nothing more, ends subscriptions, waits for requests under way; cuts off what takes
   * longer than 5 s.
   */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 5000;
const IDLE_LOOK_MS = 20;

/**
 * Resolves when it listens. Throws when no port is free, the host cannot be listened on, or the
 * certificate cannot be used.
 */
export async function openApi(options: ApiOptions): Promise<Api> {
  const shell = shellOf(options);
  const schema = createSchema();
  const authentication = options.authentication ?? NO_AUTHENTICATION;
  const rules = { schema, shell, ...rulesOf(options, schema, authentication, shell.refusals) };
  const events = new GraphqlEvents(rules);
  const graphql = await openGraphqlHttp(schema, rules.gate, shell, events);
  const app = await createHttp(shell, { ...rules, uploads: rules.shares.uploads });
  healthRoutes(app, { ...rules, ...shell, warnings: warningsOf(options.host, authentication) });
  loginRoute(app, authentication.mode, options.login);
  graphql.route(app);
  restRoutes(app, shell);
  await pages(app, { ...options, switches: rules.switches });
  await app.ready();
  const sockets = openSockets(app.server, { turns: shell.turns, ...rules });
  const connections = new Connections(app.server);
  const port = await listen(app, options).catch(async (error: unknown) => {
    await app.close();
    await graphql.apollo.stop();
    throw error;
  });
  const close = async (): Promise<void> => {
    connections.close();
    // Polls that wait would hold up the end of the requests under way.
    shell.workers?.leave();
    events.close();
    await closeHttp(app, sockets);
    await graphql.apollo.stop();
  };
  return { url: urlOf(options, port), port, routes: rules.routes, close };
}

function rulesOf(
  options: ApiOptions,
  schema: GraphQLSchema,
  authentication: Authentication,
  refusals: Refusals,
) {
  const { introspection, switches = ALL_SHOWN } = options;
  return {
    ...{ authentication, switches, pace: paceOf(options), ...tlsOf(options) },
    shares: sharesOf(options, refusals),
    gate: createGate(schema, { introspection, suggestions: suggestsIn(options) }),
    ...{ origins: originsOf(options, authentication), routes: [] as string[] },
  };
}

function tlsOf({
  tls,
  log,
  hstsSeconds,
}: ApiOptions): Pick<HttpRules, 'certificate' | 'hstsSeconds'> {
  return tls === undefined ? {} : { certificate: new Certificate({ ...tls, log }), hstsSeconds };
}

function urlOf({ host, tls }: ApiOptions, port: number): string {
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function suggestsIn({ suggestions, introspection, production }: ApiOptions): boolean {
  return suggestions ?? (introspection || !production);
}

function originsOf(options: ApiOptions, { mode }: Authentication): Origins {
  const { host: boundTo, allowedOrigins, allowedHosts = [] } = options;
  const needsToken = mode !== 'none';
  const secure = options.tls !== undefined;
  return createOrigins({ boundTo, allowedOrigins, allowedHosts, needsToken, secure });
}

function shellOf(options: ApiOptions): ServingShell {
  const answers = new AnswerBytes(LIMITS.answerBytesInAll.value, LIMITS.answerWaitMs.value);
  const unproven = options.unprovenReadPayloads ?? true;
  const mayRead = (principal: Principal): boolean => mayReadPayloads(principal, unproven);
  const refusals = new Refusals();
  const perSecond = options.limits?.startsPerSecond ?? LIMITS.startsPerSecond.value;
  return {
    ...{ ...options, answers, turns: new Turns(), mayReadPayloads: mayRead, refusals },
    suggestsNames: suggestsIn(options),
    rate: new Rate(perSecond, refusals.of('starts_per_second')),
    openFlows: openFlowsOf(options, refusals),
    fair: new FairShares(undefined, refusals.of('starts_waiting')),
  };
}

function openFlowsOf({ engine, limits }: ApiOptions, refusals: Refusals): OpenFlows | undefined {
  const refused = refusals.of('open_flows');
  const most = limits?.openFlowsPerPrincipal ?? LIMITS.openFlowsPerPrincipal.value;
  // Of the whole engine: what a caller may not see counts, too.
  return most > 0
    ? new OpenFlows(most, (startedBy, cap) => engine.read.openFlows(startedBy, cap), refused)
    : undefined;
}

function warningsOf(host: string, { mode }: Authentication): HealthWarnings {
  const open = openToAll(host, mode);
  return open === null ? [] : [{ name: 'authentication', ok: true, detail: open }];
}

function paceOf({ limits }: ApiOptions): Pace {
  const most = limits?.subscriberMessagesPerSecond;
  return new Pace(most ?? LIMITS.subscriberMessagesPerSecond.value);
}

/** A larger PAYLOAD_LIMIT_BYTES raises what bodies may hold. */
function sharesOf({ limits, payloadLimit }: ApiOptions, refusals: Refusals): SocketShares {
  const body = bodyLimitOf({ payloadLimit });
  const { socketConnectionsPerPrincipal, subscriptionsPerPrincipal } = limits ?? {};
  return {
    connections: new Shares(
      socketConnectionsPerPrincipal ?? LIMITS.socketConnectionsPerPrincipal.value,
      LIMITS.socketConnections.value,
      refusals.of('sockets'),
    ),
    subscriptions: new Shares(
      subscriptionsPerPrincipal ?? LIMITS.subscriptionsPerPrincipal.value,
      LIMITS.subscriptions.value,
      refusals.of('subscriptions'),
    ),
    bytes: new Shares(
      LIMITS.socketBytesPerPrincipal.value,
      LIMITS.socketBytes.value,
      refusals.of('subscription_bytes'),
    ),
    uploads: new Shares(
      Math.max(LIMITS.uploadBytesPerPrincipal.value, 2 * body),
      Math.max(LIMITS.uploadBytes.value, 4 * body),
      refusals.of('upload_bytes'),
    ),
  };
}

async function closeHttp(app: FastifyInstance, sockets: Sockets): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS);
  // A connection kept alive by its client falls idle when its answer is out.
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_LOOK_MS);
  try {
    await Promise.all([sockets.close(), app.close()]);
  } finally {
    clearTimeout(cut);
    clearInterval(idle);
  }
}
