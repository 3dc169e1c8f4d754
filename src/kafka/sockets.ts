/** Connections to brokers whose names the client cannot take apart: it reads `host:port` up to the first colon, and an IPv6 address has more of them. */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_MS = 60_000;
const ADDRESS = /^\[(.*)\]:(\d+)$/;

interface Target {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions | boolean | null;
  readonly onConnect: () => void;
}

/** The brokers as the client takes them, and the connections it then opens. */
export function reachable(brokers: readonly string[]): {
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
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const at = { host: addresses.get(host) ?? host, port };
      const socket =
        ssl === undefined || ssl === null || ssl === false
          ? connect(at, onConnect)
          : connectTls({ ...at, ...nameOf(at.host), ...(ssl === true ? {} : ssl) }, onConnect);
      return socket.setKeepAlive(true, KEEP_ALIVE_MS);
    },
  };
}

/** What the certificate is compared with: names in it have no dot at the end, and an address is no name. */
function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
}
