/**
 * Tokens for SASL OAUTHBEARER: from a command, or from an identity provider by client credentials
 * (RFC 6749, 4.4). A token is in no message.
 */
import { execFile } from 'node:child_process';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { tlsProblem } from '../names/tls-problems.js';

const run = promisify(execFile);
const WITHIN_MS = 10_000;
const MOST_BYTES = 64 * 1024;
/** The share of its life after which a token is replaced. */
const USED_UP = 0.8;

export interface Token {
  readonly value: string;
  /** Milliseconds; null = not known: each connection gets a new one. */
  readonly livesMs: number | null;
}

/** Keeps the token until it is near its end; callers at the same time share one request. */
export function keptToken(
  fresh: () => Promise<Token>,
  now = () => performance.now(),
): () => Promise<string> {
  let kept: { readonly value: string; readonly until: number } | null = null;
  let underWay: Promise<string> | null = null;
  const renew = async (): Promise<string> => {
    const asOf = now();
    const { value, livesMs } = await fresh();
    kept = livesMs === null ? null : { value, until: asOf + livesMs * USED_UP };
    return value;
  };
  return async () => {
    if (kept !== null && now() < kept.until) return kept.value;
    underWay ??= renew().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}

/** Rejects when it fails, takes too long, or prints no token. */
export async function commandToken(command: string): Promise<Token> {
  const [program = '', ...args] = command.split(/[ \t]+/);
  const bounds = { timeout: WITHIN_MS, maxBuffer: MOST_BYTES, killSignal: 'SIGKILL' } as const;
  const { stdout } = await run(program, args, bounds).catch((error: unknown) => {
    // Without the error itself: it has the output in it.
    throw new Error(
      `KAFKA_OAUTH_TOKEN_COMMAND: ${program} failed: ${commandReason(error)}; it must print a token and end with 0`,
    );
  });
  const value = stdout.trim();
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new Error(`KAFKA_OAUTH_TOKEN_COMMAND: ${program} must print a token and nothing else`);
  return { value, livesMs: lifeOf(value) };
}

function commandReason(error: unknown): string {
  const { code, killed } = error as Readonly<Record<string, unknown>>;
  if (killed === true) return `no end within ${WITHIN_MS / 1000} s`;
  return typeof code === 'number' ? `it ended with ${code}` : String(code);
}

/** By its claim `exp`; null = it is no JWT, or has none. */
function lifeOf(token: string): number | null {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? null : exp * 1000 - Date.now();
  } catch {
    return null;
  }
}

export interface TokenEndpoint {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
  readonly ca: string | undefined;
}

/** Rejects with what the endpoint answered, without anything secret. */
export async function endpointToken(endpoint: TokenEndpoint): Promise<Token> {
  const { status, text } = await posted(endpoint).catch((error: unknown) => {
    throw new Error(`KAFKA_OAUTH_TOKEN_URL ${endpoint.url}: ${requestReason(error)}`);
  });
  const body = objectIn(text);
  if (status !== 200)
    throw new Error(
      `KAFKA_OAUTH_TOKEN_URL ${endpoint.url} answers ${status} ${String(body.error ?? '')}; check KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE`,
    );
  const { access_token: value, expires_in: seconds } = body;
  if (typeof value !== 'string' || value === '')
    throw new Error(
      `KAFKA_OAUTH_TOKEN_URL ${endpoint.url} answers without access_token; it must be the token endpoint`,
    );
  return { value, livesMs: Number(seconds) > 0 ? Number(seconds) * 1000 : lifeOf(value) };
}

function requestReason(error: unknown): string {
  const { code = '', message = '' } = error as {
    readonly code?: string;
    readonly message?: string;
  };
  const settings = {
    authority: 'KAFKA_OAUTH_CA_FILE',
    client: 'a client certificate',
    off: 'http:',
  };
  const advice = tlsProblem(code, message, settings);
  return advice === null ? message : `${message}: ${advice}`;
}

/** The client's id and secret as HTTP Basic (RFC 6749, 2.3.1). */
function posted({ url, clientId, clientSecret, scope, ca }: TokenEndpoint) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const sent = (url.startsWith('https:') ? request : plainRequest)(
    url,
    {
      method: 'POST',
      ...(ca !== undefined && { ca }),
      signal: AbortSignal.timeout(WITHIN_MS),
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      },
    },
    (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
        if (text.length > MOST_BYTES) response.destroy(new Error('its answer is too large'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    },
  );
  sent.on('error', reject);
  sent.end(form.toString());
  return promise;
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
