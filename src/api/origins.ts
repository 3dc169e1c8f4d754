/** Which host names and which pages' origins are accepted. A page of another site must not reach a gateway on its reader's own machine. */
import { isLoopback } from '../names/loopback.js';

export interface Origins {
  /** Whether a browser page of this origin may open a WebSocket. */
  allowsPage(origin: string, host: string): boolean;
  /** Whether a request with this Host is accepted: on a loopback address, another site's name comes from DNS rebinding. */
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
