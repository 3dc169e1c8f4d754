/** How a connection to a broker is encrypted, and how this client proves who it is. */
import type { ConnectionOptions } from 'node:tls';

export type Sasl =
  | { readonly mechanism: string; readonly username: string; readonly password: string }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface KafkaSecurity {
  /** Called for each connection, so that renewed files are used; absent = without TLS. */
  readonly tls?: (() => ConnectionOptions) | undefined;
  readonly sasl?: Sasl | undefined;
}

/** As the client takes it. It writes into the object, so that each client needs its own. */
export function saslOf(sasl: Sasl): object {
  if (!('token' in sasl)) return { ...sasl };
  const { mechanism, token } = sasl;
  return { mechanism, oauthBearerProvider: async () => ({ value: await token() }) };
}
