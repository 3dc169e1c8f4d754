/** Signing in and out, and a new token when the last one has ended. */
import type { Provider } from './oidc.js';
import { accessToken, currentRefreshToken, currentSession, forget, keep } from './session.js';

const ENDED = 'The token has expired, was revoked or is not valid.';

export interface Access {
  readonly needsToken: boolean;
  /** Null: the gateway knows no identity provider for browsers; a token is pasted. */
  readonly provider: Provider | null;
}

/** How this gateway wants its callers to prove who they are. */
export async function accessOf(): Promise<Access> {
  const answer = (await (await fetch('/auth/config')).json()) as Provider & {
    readonly mode: string;
  };
  const { mode, issuer, clientId, audience, scopes } = answer;
  const provider = clientId === null ? null : { issuer, clientId, audience, scopes };
  return { needsToken: mode !== 'none', provider };
}

/** Leaves for the provider's page and comes back to this address. */
export async function signIn(provider: Provider): Promise<void> {
  const { begin, loginFailure } = await import('./oidc.js');
  const back = `${location.pathname}${location.search}`;
  await begin(provider, back).catch((error: unknown) => forget(failed(loginFailure(error))));
}

/** On the address that the provider sends the browser back to. */
export async function finishSignIn(): Promise<void> {
  const callback = new URL(location.href);
  // The code is used up now; it is not left in the address, nor in the history.
  history.replaceState(null, '', '/');
  const { complete, loginFailure } = await import('./oidc.js');
  try {
    const { provider } = await accessOf();
    if (provider === null) throw new Error('this gateway has no login (OIDC_CLIENT_ID)');
    const { back, ...tokens } = await complete(provider, callback);
    keep(tokens);
    history.replaceState(null, '', back);
  } catch (error) {
    forget(failed(loginFailure(error)));
  }
}

const failed = (reason: string): string => `You could not be signed in: ${reason}.`;

/** Here and, where somebody logged in there, at the provider. */
export async function signOut(provider: Provider | null): Promise<void> {
  const wasLogin = currentSession().name !== null;
  forget(null);
  const address = provider === null || !wasLogin ? null : await logoutPage(provider);
  // What is shown belongs to who was signed in.
  if (address === null) location.reload();
  else location.assign(address);
}

async function logoutPage(provider: Provider): Promise<string | null> {
  const { logoutAddress } = await import('./oidc.js');
  return logoutAddress(provider).catch(() => null);
}

let renewing: Promise<string | null> | null = null;

/** After the gateway has refused the token: a new one, or null and nobody is signed in any more. */
export function renewedToken(): Promise<string | null> {
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function renew(): Promise<string | null> {
  if (accessToken() === null) return null;
  try {
    const { provider } = await accessOf();
    const refreshToken = currentRefreshToken();
    if (provider === null || refreshToken === null) throw new Error(ENDED);
    const { refresh } = await import('./oidc.js');
    keep(await refresh(provider, refreshToken));
  } catch {
    forget(ENDED);
  }
  return accessToken();
}
