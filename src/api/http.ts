/**
 * The HTTP server below all parts of the API: bodies read without losing digits, failures as
 * problem JSON, `Host` checked.
 */
import type { IncomingMessage, Server } from 'node:http';
import Fastify, {
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { LIMITS } from '../limits/limits.js';
import { type AccessRules, authenticateRequests } from './auth/http.js';
import { answerBroken } from './broken-requests.js';
import { requestIdOf, type ServingShell, type Shell } from './context.js';
import { checkOrigins } from './cross-origin.js';
import { readBody } from './input/json.js';
import { type AllowedMethods, collectMethods } from './methods.js';
import type { Origins } from './origins.js';
import { BadInput, toPublicError } from './problems.js';
import { sendProblem, sendPublicError } from './rest/problem-json.js';
import { addSecurityHeaders, SECURITY_HEADERS } from './security-headers.js';
import type { Shares } from './shares.js';
import type { Certificate } from './tls/certificate.js';
import { secureServer } from './tls/server.js';
import { boundUploads } from './uploads.js';

/**
 * Bytes of a body: enough for many starts in one request, and for one payload that is too large to
 * be refused with the field's name.
 */
const LEAST_BODY_LIMIT = LIMITS.bodyBytes.value;

/** How often requests that take too long are looked for. */
const CHECK_MS = 2000;
/** How long a connection may be idle, as Fastify has it. */
const KEEP_ALIVE_MS = 72_000;

export function bodyLimitOf({ payloadLimit }: Pick<Shell, 'payloadLimit'>): number {
  return Math.max(LEAST_BODY_LIMIT, 2 * payloadLimit + 65_536);
}

const BAD_ADDRESS =
  'this address cannot be read; characters other than letters and digits may need %-encoding';

export interface HttpRules extends AccessRules {
  readonly origins: Origins;
  /** Bytes of bodies. */
  readonly uploads: Shares;
  /** TLS ends here; absent = plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** How long browsers use https only, seconds; absent = without the header. */
  readonly hstsSeconds?: number | null | undefined;
}

export async function createHttp(shell: ServingShell, rules: HttpRules): Promise<FastifyInstance> {
  const { turns } = shell;
  const { origins, uploads } = rules;
  const bodyLimit = bodyLimitOf(shell);
  const app = Fastify({
    bodyLimit,
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: LIMITS.requestMs.value,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    routerOptions: { maxParamLength: 1000 },
    ...serverOf(rules.certificate),
    clientErrorHandler: answerBroken,
    frameworkErrors: (_error, request, reply) => {
      reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
      sendProblem(reply as FastifyReply, { status: 400, code: 'BAD_REQUEST', detail: BAD_ADDRESS });
    },
  });
  app.addHook('onClose', async () => rules.certificate?.close());
  await addSecurityHeaders(app, rules.hstsSeconds ?? null);
  readBodies(app);
  const methodsOf = collectMethods(app);
  refuseEarly(app, origins, methodsOf);
  authenticateRequests(app, rules);
  boundUploads(app, { held: uploads, turns, bodyLimit });
  app.setNotFoundHandler((request, reply) => nothingThere(request, reply, methodsOf));
  answerFailures(app, shell, bodyLimit);
  return app;
}

function serverOf(
  certificate: Certificate | undefined,
): Pick<FastifyHttpOptions<Server>, 'http' | 'serverFactory'> {
  const options = {
    // A missing Host is answered below, with a problem and an id.
    requireHostHeader: false,
    shouldUpgradeCallback: isWebSocket,
    headersTimeout: LIMITS.headersMs.value,
    connectionsCheckingInterval: CHECK_MS,
  };
  if (certificate === undefined) return { http: options };
  // Of a server that Fastify does not make itself it sets nothing.
  const times = { requestTimeout: LIMITS.requestMs.value, keepAliveTimeout: KEEP_ALIVE_MS };
  return {
    serverFactory: (handler) => secureServer(certificate, { ...options, ...times }, handler),
  };
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    const read = readBody(bytes as Buffer);
    if (read.ok) done(null, read.value);
    else done(new BadInput(read.why, 'BODY_INVALID'));
  });
}

/**
 * Some clients request an upgrade with every request, Java's HttpClient and `curl --http2` for h2c:
 * a server that does not know it answers as usual.
 */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return /(?:^|,)\s*websocket\s*(?:,|$)/i.test(headers.upgrade ?? '');
}

/**
 * Before anything is read: requests for a foreign host name, of a foreign page, or for a path that
 * is not there.
 */
function refuseEarly(app: FastifyInstance, origins: Origins, methodsOf: AllowedMethods): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (origins.allowsHost(request.headers.host ?? '')) return undefined;
    const detail =
      'the Host header has a name that is not known to belong to this gateway; if it does, add it to ALLOWED_HOSTS';
    return sendProblem(reply, { status: 421, code: 'HOST_NOT_ALLOWED', detail });
  });
  checkOrigins(app, origins);
  app.addHook('onRequest', async (request, reply) => {
    const missing = headerProblem(request);
    if (missing !== null)
      return sendProblem(reply, {
        status: missing.status,
        code: missing.code,
        detail: missing.detail,
      });
    // Before its body is looked at: what is wrong with that does not matter here.
    return request.is404 ? nothingThere(request, reply, methodsOf) : undefined;
  });
}

/** For checks of health the protocol's oldest form is enough. */
const HEALTH = /^\/(?:livez|readyz|metrics)(?:\?|$)/;

function headerProblem({ headers, url }: FastifyRequest): {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
} | null {
  if ((headers.host ?? '') === '' && !HEALTH.test(url))
    return {
      status: 400,
      code: 'HOST_MISSING',
      detail:
        'the request has no Host; send the name or address of this gateway in the Host header',
    };
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return {
      status: 415,
      code: 'CONTENT_ENCODING',
      detail: `a body encoded as ${encoding.slice(0, 40)} is not read here; send it without Content-Encoding`,
    };
  return null;
}

function nothingThere(
  request: FastifyRequest,
  reply: FastifyReply,
  methodsOf: AllowedMethods,
): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '';
  const allowed = methodsOf(path);
  // With a method that the path has, something below it is missing: a file, for example.
  if (allowed !== null && !allowed.split(', ').includes(request.method)) {
    const detail = `${request.method} is not possible at ${path.slice(0, 200)}; use ${allowed}`;
    return sendProblem(reply.header('allow', allowed), {
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      detail,
    });
  }
  const detail = `there is nothing at ${path.slice(0, 200)}; GraphQL is at /graphql, the REST paths are described in /openapi.yaml`;
  return sendProblem(reply, { status: 404, code: 'NOT_FOUND', detail });
}

const NOT_HTTP =
  'the request cannot be read as HTTP: its body and its Content-Length or Transfer-Encoding do not fit';

function answerFailures(app: FastifyInstance, shell: Shell, bodyLimit: number): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const status = 'statusCode' in error ? error.statusCode : undefined;
    if (status === 413)
      return sendProblem(reply, {
        status: 413,
        code: 'BODY_TOO_LARGE',
        detail: `the body is larger than ${bodyLimit} bytes`,
      });
    if (status === 415)
      return sendProblem(reply, {
        status: 415,
        code: 'CONTENT_TYPE',
        detail: 'send the body as application/json',
      });
    if (status !== undefined && status < 500)
      return sendProblem(reply, {
        status: status,
        code: 'BAD_REQUEST',
        detail: error instanceof BadInput ? error.message : NOT_HTTP,
      });
    const shown = toPublicError(error);
    if (shown.status === 500)
      shell.log.error({ err: error, requestId: request.id }, 'a request failed');
    return sendPublicError(reply, shown);
  });
}
