/** Which names and pages may speak to us. A page from elsewhere must not reach a gateway on its reader's own machine. */
import { isLoopback } from '../names/loopback.js';

export interface Origins {
  /** Whether a browser page of this origin may open a WebSocket. */
  allowsPage(origin: string, host: string): boolean;
  /** Whether a request for this Host is meant for us: on a loopback address, foreign names come from rebound DNS. */
  allowsHost(host: string): boolean;
}

/** `allowed`: origins like `https://console.example.com`. */
export function createOrigins(boundTo: string, allowed: readonly string[]): Origins {
  const hosts = new Set(
    allowed.flatMap((origin) => (URL.canParse(origin) ? [new URL(origin).host] : [])),
  );
  const local = isLoopback(boundTo);
  return {
    allowsPage(origin, host) {
      if (allowed.includes(origin)) return true;
      if (!URL.canParse(origin)) return false;
      const page = new URL(origin);
      return page.host === host || isLoopback(page.hostname);
    },
    allowsHost(host) {
      if (!local || host === '' || hosts.has(host)) return true;
      return URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname);
    },
  };
}
