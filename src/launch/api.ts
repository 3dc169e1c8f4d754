/**
 * The API, opened before anything else: /livez and /readyz answer while the gateway still waits for
 * its database.
 */

import { type Authentication, NO_AUTHENTICATION, openToAll } from '../api/auth/authentication.js';
import { openJwt } from '../api/auth/jwt.js';
import { openTokens } from '../api/auth/tokens.js';
import { openDocumentReader } from '../api/input/document-reader.js';
import type { Login } from '../api/login.js';
import { type Api, type ApiOptions, openApi } from '../api/server.js';
import type { Shown } from '../api/switches.js';
import type { Workers } from '../api/workers.js';
import { type Config, stepDefaults } from '../config/config.js';
import type { StepTopics } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import { isLoopback } from '../names/loopback.js';
import type { Logs } from '../observability/log.js';
import type { LogLevels } from '../observability/log-levels.js';
import type { Metrics } from '../observability/metrics.js';
import { instanceName } from './messages.js';
import type { Opened } from './opened.js';

/** From the default port on; a port that was chosen is this one or none. */
const PORT_TRIES = 20;

interface Served {
  readonly engine: EngineService;
  readonly workers: Workers;
  readonly stepTopics: StepTopics;
  readonly metrics: Metrics;
  readonly levels: LogLevels;
}

export async function listen(
  config: Config,
  { levels, ...served }: Served,
  opened: Opened,
  logs: Logs,
): Promise<Api> {
  const { host, port, payloadLimit, production, allowedOrigins } = config;
  const defaults = stepDefaults(config);
  const documents = openDocumentReader();
  opened.add('the document reader', () => documents.close());
  const authentication = authenticationOf(config, logs);
  opened.add('the authentication', async () => authentication.close());
  const api = await openApi({
    ...served,
    authentication,
    readRegistration: (text, options) => documents.read(text, { ...options, defaults }),
    payloadLimit,
    log: logs('api'),
    logging: { instance: instanceName(), levels },
    host,
    port,
    portTries: config.portIsGiven ? 1 : PORT_TRIES,
    production,
    ...shownBy(config),
    allowedOrigins,
    allowedHosts: config.allowedHosts,
    ...tlsOf(config),
    unprovenReadPayloads: config.sensitiveData === 'shown',
    limits: limitsOf(config),
  });
  opened.addFirst('the API', () => api.close());
  const open = openToAll(host, authentication.mode);
  if (open !== null) logs('main').warn({ host }, open);
  return api;
}

function limitsOf(config: Config) {
  return {
    startsPerSecond: config.startsPerSecond,
    openFlowsPerPrincipal: config.openFlowsPerCaller,
    socketConnectionsPerPrincipal: config.socketsPerAddress,
    subscriptionsPerPrincipal: config.subscriptionsPerAddress,
    subscriberMessagesPerSecond: config.subscriberMessagesPerSecond,
  };
}

/**
 * On port 443 the gateway is what browsers have under this name; elsewhere the name has other
 * services, perhaps without TLS.
 */
const HTTPS_PORT = 443;
const HSTS_MS = 180 * 86_400_000;

function tlsOf(config: Config): Pick<ApiOptions, 'tls' | 'hstsSeconds'> {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, hsts, port } = config;
  if (certFile === null || keyFile === null) return {};
  const hstsMs = hsts ?? (port === HTTPS_PORT ? HSTS_MS : 0);
  return { tls: { certFile, keyFile }, hstsSeconds: hstsMs > 0 ? hstsMs / 1000 : null };
}

/** Throws when the file of tokens cannot be used. */
function authenticationOf(config: Config, logs: Logs): Authentication {
  const { auth, tokensFile, jwtIssuer, jwtAudience } = config;
  const log = logs('api');
  if (auth === 'tokens' && tokensFile !== null) return openTokens({ path: tokensFile, log });
  if (auth !== 'jwt' || jwtIssuer === null || jwtAudience === null) return NO_AUTHENTICATION;
  return openJwt({
    issuer: jwtIssuer,
    audience: jwtAudience,
    keysUrl: config.jwtKeysUrl,
    clockSkewMs: config.jwtClockSkew,
    rolesClaim: config.jwtRolesClaim,
    roles: config.jwtRoles,
    scopesClaim: config.jwtScopesClaim,
    log,
  });
}

/** With AUTH=none nobody has a valid token. */
function shownBy(
  config: Config,
): Pick<ApiOptions, 'introspection' | 'suggestions' | 'switches' | 'login'> {
  const none = (config.auth ?? 'none') === 'none';
  const shown = (one: Shown): Shown => (none && one === 'authenticated' ? 'off' : one);
  // Of GraphQL: whoever gets that far has a token.
  const isOn = (one: Shown): boolean => shown(one) !== 'off';
  const { production, introspection, suggestions, graphiql, openapi, metrics, readiness } = config;
  const checks = readiness ?? (isLoopback(config.host) ? 'on' : 'authenticated');
  return {
    introspection: introspection === null ? !production : isOn(introspection),
    suggestions: suggestions === null ? undefined : isOn(suggestions),
    switches: {
      graphiql: shown(graphiql),
      openapi: shown(openapi),
      metrics: shown(metrics ?? (none ? 'on' : 'authenticated')),
      readiness: shown(checks),
    },
    login: loginOf(config),
  };
}

function loginOf({
  auth,
  jwtIssuer,
  jwtAudience,
  oidcClientId,
  oidcScopes,
}: Config): Login | undefined {
  if (auth !== 'jwt' || jwtIssuer === null || jwtAudience === null) return undefined;
  return oidcClientId === null
    ? undefined
    : { issuer: jwtIssuer, clientId: oidcClientId, audience: jwtAudience, scopes: oidcScopes };
}
