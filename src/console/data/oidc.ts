/**
 * Login by OpenID Connect, authorization code flow with PKCE: what is sent to the identity provider
 * and how its answers are checked. This page has no secret, so the code is bound to a verifier that
 * only this tab knows. Loaded when somebody signs in.
 */
import * as oauth from 'oauth4webapi';

/** As the gateway's /auth/config has it. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly scopes: string;
}

export interface Tokens {
  readonly token: string;
  /** Only of providers that give one to public clients. */
  readonly refreshToken: string | null;
  /** Of the person; null where the provider has not repeated it. */
  readonly name: string | null;
}

/** What this tab must know again when the provider has sent it back. */
interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** The address that the login began at. */
  readonly back: string;
}

const PENDING = 'backstep:login';
const CLOCK_TOLERANCE_SECONDS = 30;
const redirectUri = (): string => `${location.origin}/login`;
const clientOf = ({ clientId }: Provider): oauth.Client => ({
  client_id: clientId,
  [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
});

/** The gateway accepts http only of an issuer on a loopback address. */
const over = ({ issuer }: Provider) => ({
  [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
});

async function serverOf(provider: Provider): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(provider.issuer);
  const response = await oauth.discoveryRequest(issuer, over(provider));
  const server = await oauth.processDiscoveryResponse(issuer, response);
  const { token_endpoint: endpoint } = server;
  if (endpoint !== undefined && new URL(endpoint).origin !== issuer.origin)
    throw new Error(`${endpoint} is not at ${issuer.origin}, and this page may connect there only`);
  return server;
}

/**
 * Providers name whom the token is for in different ways: `resource` (RFC 8707) where the audience
 * is an address, `audience` elsewhere; others do it by a scope.
 */
function audienceOf({ audience }: Provider): Record<string, string> {
  return URL.canParse(audience) ? { audience, resource: audience } : { audience };
}

/** Leaves this page for the provider's. */
export async function begin(provider: Provider, back: string): Promise<void> {
  if (!isSecureContext)
    throw new Error('browsers allow a login over https or on a loopback address only');
  const { authorization_endpoint: endpoint } = await serverOf(provider);
  if (endpoint === undefined) throw new Error(`${provider.issuer} has no authorization_endpoint`);
  const pending: Pending = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    back,
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const address = new URL(endpoint);
  const parameters = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri(),
    scope: provider.scopes,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...audienceOf(provider),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}

/** `callback`: the address that the provider sent this tab to. Each login can be completed once. */
export async function complete(
  provider: Provider,
  callback: URL,
): Promise<Tokens & { readonly back: string }> {
  const stored = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  if (stored === null) throw new Error('no login was begun in this tab');
  const { verifier, state, nonce, back } = JSON.parse(stored) as Pending;
  const client = clientOf(provider);
  const server = await serverOf(provider);
  const parameters = oauth.validateAuthResponse(server, client, callback, state);
  const response = await oauth.authorizationCodeGrantRequest(
    ...([server, client, oauth.None(), parameters, redirectUri(), verifier] as const),
    { ...over(provider), additionalParameters: audienceOf(provider) },
  );
  const answer = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  return { ...tokensOf(answer), back };
}

export async function refresh(provider: Provider, refreshToken: string): Promise<Tokens> {
  const client = clientOf(provider);
  const server = await serverOf(provider);
  const response = await oauth.refreshTokenGrantRequest(
    ...([server, client, oauth.None(), refreshToken] as const),
    { ...over(provider), additionalParameters: audienceOf(provider) },
  );
  const answer = await oauth.processRefreshTokenResponse(server, client, response);
  // A provider that does not replace it leaves the old one valid.
  return { ...tokensOf(answer), refreshToken: answer.refresh_token ?? refreshToken };
}

function tokensOf(answer: oauth.TokenEndpointResponse): Tokens {
  const claims: Partial<oauth.IDToken> = oauth.getValidatedIdTokenClaims(answer) ?? {};
  const { name, preferred_username, email, sub } = claims;
  const [shown = null] = [name, preferred_username, email, sub].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  return { token: answer.access_token, refreshToken: answer.refresh_token ?? null, name: shown };
}

/** Where the provider ends its own session; null = it has no such page. No token is in it. */
export async function logoutAddress(provider: Provider): Promise<string | null> {
  const { end_session_endpoint: endpoint } = await serverOf(provider);
  if (endpoint === undefined) return null;
  const address = new URL(endpoint);
  address.searchParams.set('client_id', provider.clientId);
  address.searchParams.set('post_logout_redirect_uri', `${location.origin}/`);
  return address.href;
}

/** What went wrong, for people. */
export function loginFailure(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError)
    return `the identity provider refused: ${error.error_description ?? error.error}`;
  if (error instanceof oauth.ResponseBodyError)
    return `the identity provider refused: ${error.error_description ?? error.error}`;
  return error instanceof Error ? error.message : String(error);
}
