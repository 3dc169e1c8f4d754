/**
 * A real identity provider (oidc-provider) with people who log in on its page: authorization code
 * flow with PKCE for a public client, JWT access tokens with the roles of the person.
 */
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';

export const AUDIENCE = 'https://backstep.test';
export const CLIENT = 'console';

interface Context {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: Provider;
  };
  body: string;
}

export class People implements AsyncDisposable {
  /** Of access tokens, in seconds. */
  lifetime = 600;
  /** Whether the console gets refresh tokens. */
  refreshes = false;
  /** `refreshed`: an access token was given for a refresh token. */
  readonly events = new EventEmitter<{ refreshed: [] }>();
  private provider: Provider | null = null;

  private constructor(
    private readonly server: Server,
    private readonly roles: Readonly<Record<string, readonly string[]>>,
    private readonly key: JWK,
  ) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(roles: Readonly<Record<string, readonly string[]>>): Promise<People> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: 'key', use: 'sig', alg: 'ES256' };
    return new People(server, roles, key);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The address of the console, which the provider sends browsers back to. */
  serve(console: string): void {
    this.provider = new Provider(this.url, this.settings(console));
    this.provider.on('grant.success', ({ oidc }) => {
      if (/refresh_token/.test(JSON.stringify(oidc.params))) this.events.emit('refreshed');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!request.url?.startsWith('/interaction/')) {
      this.provider?.callback()(request, response);
      return;
    }
    if (request.method === 'GET') {
      response.setHeader('content-type', 'text/html').end(FORM);
      return;
    }
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const name = new URLSearchParams(body).get('name') ?? '';
    const known = { login: { accountId: name } };
    const denied = { error: 'access_denied', error_description: `${name} is not known here` };
    await this.provider?.interactionFinished(
      request,
      response,
      name in this.roles ? known : denied,
    );
  }

  private settings(console: string): object {
    return {
      jwks: { keys: [this.key] },
      cookies: { keys: ['of this test only'] },
      clients: [clientOf(console)],
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      claims: { openid: ['sub'], profile: ['name'] },
      conformIdTokenClaims: false,
      clientBasedCORS: (_: unknown, origin: string) => origin === console,
      findAccount: (_: unknown, accountId: string) => ({
        accountId,
        claims: () => ({ sub: accountId, name: accountId }),
      }),
      // Everybody agreed to everything.
      loadExistingGrant: grantOf,
      issueRefreshToken: () => this.refreshes,
      extraTokenClaims: (_: unknown, { accountId }: { accountId: string }) => ({
        roles: this.roles[accountId],
      }),
      features: this.features(),
    };
  }

  private features(): object {
    const logoutSource = (context: Context, form: string): void => {
      context.body = `<!doctype html><title>Sign out</title>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`;
    };
    return {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: AUDIENCE,
          scope: 'use',
          accessTokenFormat: 'jwt',
          accessTokenTTL: this.lifetime,
          jwt: { sign: { alg: 'ES256' } },
        }),
        useGrantedResource: () => true,
      },
    };
  }
}

const FORM =
  '<!doctype html><title>Log in</title><form method="post"><label>Name <input name="name"></label><button>Log in</button></form>';

/** A public client: it has no secret. */
function clientOf(console: string): object {
  return {
    client_id: CLIENT,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [`${console}/login`],
    post_logout_redirect_uris: [`${console}/`],
    id_token_signed_response_alg: 'ES256',
  };
}

async function grantOf({ oidc: { client, session, provider } }: Context): Promise<object> {
  const { accountId } = session;
  const grant = new provider.Grant({ clientId: client.clientId, accountId });
  grant.addOIDCScope('openid profile');
  grant.addResourceScope(AUDIENCE, 'use');
  await grant.save();
  return grant;
}
