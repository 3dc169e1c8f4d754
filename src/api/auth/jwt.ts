/** AUTH=jwt: tokens of an identity provider, checked with the keys that it publishes (JWKS). */
import { createRemoteJWKSet, errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import { Fault } from '../../engine/ports.js';
import type { Log } from '../../observability/log.js';
import { type Authentication, byBearer, expired, Unauthenticated } from './authentication.js';
import { type ClaimRules, type Claims, principalOfClaims } from './claims.js';
import { Endings } from './endings.js';
import type { Principal } from './principal.js';

export interface JwtOptions extends ClaimRules {
  /** As in the claim `iss`, letter for letter. */
  readonly issuer: string;
  /** One of the claim `aud`. */
  readonly audience: string;
  /** Where the keys are; null: where the issuer's metadata has them. */
  readonly keysUrl: string | null;
  readonly log: Log;
  /** Keys are read again for an unknown key id, but not more often than this. */
  readonly cooldownMs?: number;
}

/**
 * Signatures by a private key only: with HS… the public key would be the secret, and `none` is
 * none.
 */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const COOLDOWN_MS = 10_000;
const KEYS_KEPT_MS = 600_000;
const TIMEOUT_MS = 5000;

type Keys = ReturnType<typeof createRemoteJWKSet>;

export function openJwt(options: JwtOptions): Authentication {
  const endings = new Endings();
  const verifying: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: ALGORITHMS,
    clockTolerance: options.clockSkewMs / 1000,
    requiredClaims: ['sub', 'exp'],
  };
  const keysOf = keptKeys(options);
  const verify = async (token: string): Promise<Principal> => {
    try {
      const { payload } = await jwtVerify(token, await keysOf(), verifying);
      return principalOfClaims(payload as Claims, options);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal instanceof Fault) options.log.warn({ err: error }, refusal.message);
      throw refusal;
    }
  };
  return {
    mode: 'jwt',
    ...byBearer(verify),
    watch: (principal, ended) => endings.watch(principal, ended),
    close: () => undefined,
  };
}

/** Opened by the first call; after an error, again by the next one. */
function keptKeys(options: JwtOptions): () => Promise<Keys> {
  let keys: Promise<Keys> | null = null;
  return () => {
    keys ??= openKeys(options).catch((error: unknown) => {
      keys = null;
      throw error;
    });
    return keys;
  };
}

async function openKeys({ issuer, keysUrl, cooldownMs }: JwtOptions): Promise<Keys> {
  const url = keysUrl ?? (await keysUrlOf(issuer));
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: cooldownMs ?? COOLDOWN_MS,
    cacheMaxAge: KEYS_KEPT_MS,
    timeoutDuration: TIMEOUT_MS,
  });
}

/** OpenID Connect Discovery: the address is made of the issuer's, which is a setting. */
async function keysUrlOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  const metadata = (await response.json()) as { readonly issuer?: unknown; jwks_uri?: unknown };
  if (metadata.issuer !== issuer || typeof metadata.jwks_uri !== 'string')
    throw new Error(`${url} is not the metadata of ${issuer}, or has no jwks_uri`);
  return metadata.jwks_uri;
}

/**
 * What jose found wrong with the token is the caller's; anything else is a fault on the way to the
 * keys.
 */
function refusalOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWTClaimValidationFailed)
    return new Unauthenticated(`the token is not valid: its claim ${error.claim} does not fit`);
  if (isOfToken(error)) return new Unauthenticated('the token is not valid');
  const reason = error instanceof Error ? error.message : String(error);
  return new Fault('KEYS_AWAY', `the keys of the identity provider cannot be read: ${reason}`);
}

function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
