/**
 * Connections to brokers with IPv6 addresses: the client splits `host:port` at the first colon,
 * which is wrong for them.
 */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_MS = 60_000;
const ADDRESS = /^\[(.*)\]:(\d+)$/;

interface Target {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

/**
 * Broker names that the client can split, and a socket factory that connects them to the real
 * addresses.
 */
export function reachable(
  brokers: readonly string[],
  tls?: () => ConnectionOptions,
): {
  readonly brokers: string[];
  readonly socketFactory: (target: Target) => Socket;
} {
  const addresses = new Map<string, string>();
  const names = brokers.map((broker, index) => {
    const [, address, port] = ADDRESS.exec(broker) ?? [];
    if (address === undefined) return broker;
    const name = `broker-${index}.ipv6.invalid`;
    addresses.set(name, address);
    return `${name}:${port}`;
  });
  return {
    brokers: names,
    socketFactory: ({ host, port, onConnect }) => {
      const at = { host: addresses.get(host) ?? host, port };
      const socket =
        tls === undefined
          ? connect(at, onConnect)
          : connectTls({ ...tls(), ...at, ...nameOf(at.host) }, onConnect);
      return socket.setKeepAlive(true, KEEP_ALIVE_MS);
    },
  };
}

/**
 * The name that the certificate is checked against: without a trailing dot, and none for an
 * address.
 */
function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
}
