/**
 * Who is signed in, in this tab. The access token is kept in the tab's session storage: a reload
 * does not lose it, no other tab and no later start of the browser has it, and it is in no address
 * and no cookie, which browsers would send by themselves. A script in this page could read it, but
 * could as well use the page: its policy runs no script but the page's own files. The refresh token
 * lives longer, so it is in memory only and gone with a reload.
 */
import { useEffect, useState } from 'preact/hooks';
import type { Tokens } from './oidc.js';

const TOKEN = 'backstep:token';
const NAME = 'backstep:name';

export interface Session {
  readonly signedIn: boolean;
  /** Of the person, as the identity provider has it. */
  readonly name: string | null;
  /** Why somebody who was signed in, or wanted to be, is not; null = no reason to show. */
  readonly problem: string | null;
}

let refreshToken: string | null = null;
let session: Session = {
  signedIn: accessToken() !== null,
  name: sessionStorage.getItem(NAME),
  problem: null,
};
const watchers = new Set<(session: Session) => void>();

function become(next: Session): void {
  session = next;
  for (const watcher of watchers) watcher(next);
}

export function useSession(): Session {
  const [now, setNow] = useState(session);
  useEffect(() => {
    watchers.add(setNow);
    setNow(session);
    return () => void watchers.delete(setNow);
  }, []);
  return now;
}

export function accessToken(): string | null {
  return sessionStorage.getItem(TOKEN);
}

/** A token that somebody has pasted. */
export function keepPasted(text: string): void {
  keep({ token: text.trim().replace(/^Bearer\s+/i, ''), refreshToken: null, name: null });
}

export function keep({ token, refreshToken: next, name }: Tokens): void {
  sessionStorage.setItem(TOKEN, token);
  if (name !== null) sessionStorage.setItem(NAME, name);
  refreshToken = next;
  become({ signedIn: true, name: sessionStorage.getItem(NAME), problem: null });
}

/** `problem`: why, where that is to be shown. */
export function forget(problem: string | null): void {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(NAME);
  refreshToken = null;
  become({ signedIn: false, name: null, problem });
}

export const currentSession = (): Session => session;
export const currentRefreshToken = (): string | null => refreshToken;
