/** AUTH=jwt against a real identity provider. */
import { mock } from 'node:test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CryptoKey,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import type { Authentication } from '../../../src/api/auth/authentication.js';
import { type JwtOptions, openJwt } from '../../../src/api/auth/jwt.js';
import type { Principal } from '../../../src/api/auth/principal.js';
import { silent } from '../../../src/observability/log.js';
import { AUDIENCE, Issuer } from '../kit/issuer.js';
import { Running } from '../kit/server.js';
import { RawSocket } from '../kit/socket.js';
import { bearer } from '../kit/tokens.js';

const ROLES = { claims: { roles: ['viewer', 'initiator'] } };
let issuer: Issuer;
beforeAll(async () => {
  // The provider warns that it keeps everything in memory.
  for (const level of ['warn', 'info'] as const) mock.method(console, level, () => undefined);
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

const open: Authentication[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
function jwt(options: Partial<JwtOptions> = {}): Authentication {
  const authentication = openJwt({
    issuer: issuer.url,
    audience: AUDIENCE,
    keysUrl: null,
    clockSkewMs: 0,
    rolesClaim: 'roles',
    roles: null,
    scopesClaim: null,
    log: silent('api'),
    cooldownMs: 0,
    ...options,
  });
  open.push(authentication);
  return authentication;
}
const seen = (token: string, options: Partial<JwtOptions> = {}): Promise<Principal> =>
  jwt(options).authenticate(bearer(token));
/** Of tokens made by hand, with every claim right. */
const right = (token: SignJWT): SignJWT =>
  token.setIssuer(issuer.url).setAudience(AUDIENCE).setSubject('eve').setExpirationTime('5m');

describe('a token of the provider', () => {
  test('is a principal: subject, roles, expiry', async () => {
    const before = Date.now();
    const principal = await seen(await issuer.token(ROLES));
    expect(principal).toMatchObject({
      subject: 'ann',
      kind: 'jwt',
      roles: ['viewer', 'initiator'],
      scopes: ['*'],
    });
    expect(principal.expiresAt).toBeGreaterThan(before);
  });

  test.each(['RS256', 'Ed25519', 'ES256'] as const)('may be signed by %s', async (alg) => {
    await issuer.rotate(alg);
    expect(await seen(await issuer.token(ROLES))).toMatchObject({ subject: 'ann' });
  });

  test('claims become roles and scopes as the settings have it', async () => {
    const claims = {
      realm_access: { roles: ['/support', 'admin', 'unknown'] },
      'https://backstep.test/scopes': ['tenant*', 'not a pattern', 7],
      name: 'Ann',
    };
    const token = await issuer.token({ claims });
    const mapped = {
      rolesClaim: 'realm_access.roles',
      roles: new Map([['/support', 'operator'] as const]),
      scopesClaim: 'https://backstep.test/scopes',
    };
    expect(await seen(token, mapped)).toMatchObject({
      name: 'Ann',
      roles: ['operator'],
      scopes: ['tenant*'],
    });
    expect(await seen(token, { scopesClaim: 'there is none' })).toMatchObject({
      roles: [],
      scopes: [],
    });
  });
});

describe('refused is', () => {
  const refusal = async (token: string, options: Partial<JwtOptions> = {}): Promise<unknown> =>
    seen(token, options).then(
      () => 'accepted',
      (error: unknown) => error,
    );
  const unauthenticated = (message: string) =>
    expect.objectContaining({ code: 'UNAUTHENTICATED', message });

  test('a token for somebody else (aud)', async () => {
    const token = await issuer.token({ ...ROLES, audience: 'https://other.test' });
    expect(await refusal(token)).toEqual(
      unauthenticated('the token is not valid: its claim aud does not fit'),
    );
  });

  test('a token of another issuer (iss)', async () => {
    const token = await issuer.token(ROLES);
    const keysUrl = `${issuer.url}/jwks`;
    expect(await refusal(token, { issuer: 'https://login.example.com', keysUrl })).toEqual(
      unauthenticated('the token is not valid: its claim iss does not fit'),
    );
  });

  test('an old one', async () => {
    const token = await issuer.token({ ...ROLES, lifetime: 1 });
    let answer: unknown = 'accepted';
    while (answer === 'accepted') answer = await refusal(token);
    expect(answer).toEqual(unauthenticated('the token has expired; connect again with a new one'));
    expect(await refusal(token, { clockSkewMs: 3_600_000 })).toBe('accepted');
  });

  test('one without a signature (alg none)', async () => {
    const token = new UnsecuredJWT({ roles: ['admin'] })
      .setIssuer(issuer.url)
      .setAudience(AUDIENCE)
      .setSubject('eve')
      .setExpirationTime('5m')
      .encode();
    expect(await refusal(token)).toEqual(unauthenticated('the token is not valid'));
  });

  test('one whose secret is the public key (HS256)', async () => {
    await issuer.rotate('RS256');
    const [key] = await issuer.keys();
    const pem = await exportSPKI((await importJWK({ ...key, ext: true })) as CryptoKey);
    const token = await right(new SignJWT({ roles: ['admin'] }))
      .setProtectedHeader({ alg: 'HS256', kid: key?.kid ?? '' })
      .sign(new TextEncoder().encode(pem));
    expect(await refusal(token)).toEqual(unauthenticated('the token is not valid'));
  });

  test.each([true, false])('one signed by another key (its kid is known: %s)', async (isKnown) => {
    const [key] = await issuer.keys();
    const { privateKey } = await generateKeyPair('RS256');
    const token = await right(new SignJWT({ roles: ['admin'] }))
      .setProtectedHeader({ alg: 'RS256', kid: isKnown ? (key?.kid ?? '') : 'of eve' })
      .sign(privateKey);
    expect(await refusal(token)).toEqual(unauthenticated('the token is not valid'));
  });

  test.each(['{}', 'a.b.c', 'a.b', 'x'.repeat(5000)])('what is no JWT (%#)', async (token) => {
    expect(await refusal(token)).toEqual(unauthenticated('the token is not valid'));
  });

  test('nothing when the provider is away: that is a fault, and its name is not shown', async () => {
    const token = await issuer.token(ROLES);
    issuer.keysFail = 500;
    try {
      await using running = await Running.start({ authentication: jwt() });
      const { status, text } = await running.graphql('{ __typename }', {}, bearer(token));
      expect([status, text.includes(issuer.url)]).toEqual([503, false]);
      issuer.keysFail = null;
      expect((await running.graphql('{ __typename }', {}, bearer(token))).status).toBe(200);
    } finally {
      issuer.keysFail = null;
    }
  });
});

test('keys are kept, and read again when the provider has new ones', async () => {
  await issuer.rotate('ES256');
  const authentication = jwt();
  const before = issuer.keysRead;
  const old = await issuer.token(ROLES);
  for (let i = 0; i < 5; i++) await authentication.authenticate(bearer(old));
  expect(issuer.keysRead - before).toBe(1);
  await issuer.rotate('ES256');
  const principal = await authentication.authenticate(bearer(await issuer.token(ROLES)));
  expect([principal.subject, issuer.keysRead - before]).toEqual(['ann', 2]);
  await expect(authentication.authenticate(bearer(old))).rejects.toThrow('the token is not valid');
});

test('an unknown key id does not make the gateway read the keys again and again', async () => {
  const authentication = jwt({ cooldownMs: 600_000 });
  await authentication.authenticate(bearer(await issuer.token(ROLES)));
  const before = issuer.keysRead;
  const { privateKey } = await generateKeyPair('ES256');
  for (let i = 0; i < 5; i++) {
    const token = await right(new SignJWT({}))
      .setProtectedHeader({ alg: 'ES256', kid: `eve-${i}` })
      .sign(privateKey);
    await expect(authentication.authenticate(bearer(token))).rejects.toThrow('not valid');
  }
  expect(issuer.keysRead - before).toBe(0);
});

test('a connection, and every subscription on it, ends when its token does', async () => {
  await using running = await Running.start({ authentication: jwt() });
  const token = await issuer.token({ claims: { roles: ['viewer'] }, lifetime: 2 });
  const socket = await RawSocket.open(running.socketUrl, bearer(token), false);
  socket.send('{"type":"connection_init"}');
  expect(await socket.closed).toEqual({
    code: 4401,
    reason: 'the token has expired; connect again with a new one',
  });
});
