/**
 * The same start over HTTP, by callers who prove who they are in different ways; each API serves
 * the engine of one of the gateways of cost.mjs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openJwt } from '../../dist/api/auth/jwt.js';
import { openTokens } from '../../dist/api/auth/tokens.js';
import { openApi } from '../../dist/api/server.js';
import { silent } from '../../dist/observability/log.js';
import { createToken } from '../../dist/tokens/token.js';
import { writeTokens } from '../../dist/tokens/token-file.js';
import { readRegistration } from '../../dist/wire/documents.js';

const AUDIENCE = 'https://backstep.bench';
const ROLES = ['admin'];
const log = silent('api');

/** A file with one token. */
function byToken(scopes) {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-cost-'));
  const path = join(folder, 'tokens.json');
  const { token, entry } = createToken({
    ...{ name: 'bench', roles: ROLES, scopes, expiresAt: null },
    createdAt: new Date().toISOString(),
  });
  writeTokens(path, [entry]);
  const close = async () => rmSync(folder, { recursive: true });
  return { token, authentication: openTokens({ path, log }), close };
}

/** An issuer that only publishes its keys. */
async function byJwt() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] })),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const token = await new SignJWT({ roles: ROLES })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject('bench')
    .setExpirationTime('1h')
    .sign(privateKey);
  const authentication = openJwt({
    ...{ issuer, audience: AUDIENCE, keysUrl: `${issuer}/keys`, clockSkewMs: 0, log },
    ...{ rolesClaim: 'roles', roles: null, scopesClaim: null },
  });
  return { token, authentication, close: () => new Promise((done) => server.close(done)) };
}

class Caller {
  times = { execute: [] };
  agent = new Agent({ keepAlive: true });

  static async open(name, engine, access) {
    const caller = new Caller();
    Object.assign(caller, { name, ...access });
    caller.api = await openApi({
      ...{ engine, readRegistration, stepTopics: () => ['do', 'undo'], log, allowedOrigins: [] },
      ...{ host: '127.0.0.1', port: 0, portTries: 1, payloadLimit: 900_000 },
      ...{ production: true, introspection: false, authentication: access?.authentication },
    });
    return caller;
  }

  /** The time of one of `flows` starts, `atOnce` of them beside each other. */
  async round({ flows, atOnce, body }, isMeasured) {
    const start = performance.now();
    for (let done = 0; done < flows; done += atOnce)
      await Promise.all(Array.from({ length: atOnce }, () => this.execute(body)));
    if (isMeasured) this.times.execute.push((performance.now() - start) / flows);
  }

  execute(body) {
    const headers = { 'content-type': 'application/json' };
    if (this.token !== undefined) headers.authorization = `Bearer ${this.token}`;
    const { agent } = this;
    const url = `${this.api.url}/api/orchestrations/execute`;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', resolve);
        if (response.statusCode !== 202) reject(new Error(`answered ${response.statusCode}`));
      });
      sent.on('error', reject).end(body);
    });
  }

  async end() {
    this.agent.destroy();
    await this.api.close();
    this.authentication?.close();
    await this.close?.();
  }
}

/** `plain` and `sealed` are engines; the first caller is the one that others are compared with. */
export async function openCallers({ plain, sealed }) {
  return [
    await Caller.open('AUTH=none', plain),
    await Caller.open('AUTH=tokens', plain, byToken(['*'])),
    await Caller.open('AUTH=tokens, with scopes', plain, byToken(['cos*', 'tenant*'])),
    await Caller.open('AUTH=jwt, ES256', plain, await byJwt()),
    await Caller.open('AUTH=jwt, ES256, sealed', sealed, await byJwt()),
  ];
}
