/**
 * Which host names and which pages' origins are accepted, over HTTP and WebSocket alike. A page of
 * another site must not reach a gateway through its reader's browser.
 */
import { isIP } from 'node:net';
import { isLoopback } from '../names/loopback.js';

export interface Origins {
  /** Whether a browser page of this origin may make requests; `host`: the Host that it names. */
  allowsPage(origin: string, host: string): boolean;
  /** Whether a request with this Host is accepted: another name comes from DNS rebinding. */
  allowsHost(host: string): boolean;
}

export interface OriginRules {
  readonly boundTo: string;
  /** Like `https://console.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** Names by which this gateway is reached, without a port. */
  readonly allowedHosts: readonly string[];
  /** It is reached by https only: a page of plain http is not its own. */
  readonly secure?: boolean | undefined;
  /** Nothing is answered without a token, which a page of another site does not have. */
  readonly needsToken: boolean;
}

export function createOrigins(rules: OriginRules): Origins {
  const { boundTo, allowedOrigins, allowedHosts, needsToken, secure = false } = rules;
  const local = isLoopback(boundTo);
  const names = new Set(
    [...allowedOrigins.map((one) => nameIn(one) ?? ''), ...allowedHosts, boundTo].map((one) =>
      one.toLowerCase(),
    ),
  );
  return {
    allowsPage(origin, host) {
      if (allowedOrigins.includes(origin)) return true;
      if (!URL.canParse(origin)) return false;
      const page = new URL(origin);
      // Whoever works on a page has it on another port of the same machine.
      const isOwn = page.host === host && (!secure || page.protocol === 'https:');
      return isOwn || (local && isLoopback(page.hostname));
    },
    allowsHost(host) {
      if (needsToken || host === '') return true;
      const name = nameIn(`http://${host}`);
      if (name === null) return false;
      if (isLoopback(name) || names.has(name)) return true;
      // An address does not come from DNS. On a loopback address it would be that of another
      // interface.
      return !local && isIP(name.replace(/^\[|\]$/g, '')) > 0;
    },
  };
}

function nameIn(address: string): string | null {
  return URL.canParse(address) ? new URL(address).hostname : null;
}
