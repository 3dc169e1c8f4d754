/**
 * The token of this tab. It is kept in the tab's session storage: never in a URL, never in a
 * cookie, gone with the tab.
 */
const KEY = 'backstep:token';

export function accessToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Null or empty text signs out. */
export function setAccessToken(token: string | null): void {
  if (token === null || token.trim() === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token.trim().replace(/^Bearer\s+/i, ''));
}
