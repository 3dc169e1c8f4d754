/**
 * A real identity provider on this machine (oidc-provider): client credentials, JWT access tokens,
 * keys by JWKS that can be replaced.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';

export const AUDIENCE = 'https://backstep.test';
const SECRET = 'a secret of this test only';

export interface Wanted {
  readonly audience?: string;
  /** Seconds. */
  readonly lifetime?: number;
  /** Claims beside the protocol's. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export class Issuer implements AsyncDisposable {
  private listener: RequestListener = (_request, response) => void response.end();
  private wanted: Wanted = {};
  private count = 0;
  /** How often the keys were read. */
  keysRead = 0;
  /** What answers for the keys; null: the provider. */
  keysFail: number | null = null;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const isKeys = request.url === '/jwks';
      if (isKeys) this.keysRead += 1;
      if (isKeys && this.keysFail !== null) response.writeHead(this.keysFail).end();
      else this.listener(request, response);
    });
  }

  static async start(): Promise<Issuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new Issuer(server);
    await issuer.rotate('ES256');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on everything is signed by a new key, and the old one is not published any more. */
  async rotate(alg: 'ES256' | 'RS256' | 'Ed25519'): Promise<void> {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: `key-${this.count++}`, use: 'sig', alg };
    this.listener = new Provider(this.url, this.settings(key, alg)).callback();
  }

  /** A token of the client `ann`, as the provider makes it. */
  async token(wanted: Wanted = {}): Promise<string> {
    this.wanted = wanted;
    const { audience = AUDIENCE } = wanted;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'use',
      resource: audience,
    });
    const authorization = `Basic ${Buffer.from(`ann:${encodeURIComponent(SECRET)}`).toString('base64')}`;
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization },
      body,
    });
    const answer = (await response.json()) as { readonly access_token?: string };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  }

  /** Its public keys, as it publishes them. */
  async keys(): Promise<JWK[]> {
    const response = await fetch(`${this.url}/jwks`);
    return ((await response.json()) as { keys: JWK[] }).keys;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private settings(key: JWK, alg: string): object {
    return {
      jwks: { keys: [key] },
      clients: [
        {
          client_id: 'ann',
          client_secret: SECRET,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: alg,
        },
      ],
      scopes: ['use'],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, audience: string) => ({
            audience,
            scope: 'use',
            accessTokenFormat: 'jwt',
            accessTokenTTL: this.wanted.lifetime ?? 600,
            jwt: { sign: { alg } },
          }),
        },
      },
      extraTokenClaims: () => ({ sub: 'ann', ...this.wanted.claims }),
    };
  }
}
