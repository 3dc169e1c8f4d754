/**
 * Connections to brokers, where the client falls short. It splits `host:port` at the first colon,
 * which is wrong for IPv6 addresses. Each new client begins with the first broker of the list, and
 * stays with one that accepts a connection and answers nothing: a single suspended broker would
 * stop every client of this process.
 */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_MS = 60_000;
const ADDRESS = /^(?:\[(.*)\]|(.*)):(\d+)$/;

interface Target {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

/** What a client is given in place of a list: a name that leads to the next one to try. */
const ANY_BROKER = { name: 'any.broker.invalid', port: 9092 };
/** Of a broker of the list: its first answer is short. */
const FIRST_ANSWER_MS = 5000;
/** By `host:port`: how many connections in a row have ended without a byte from the broker. */
const unanswered = new Map<string, number>();

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
  const { name, port } = ANY_BROKER;
  return {
    brokers: [`${name}:${port}`],
    socketFactory: ({ onConnect, ...target }) => {
      if (target.host !== name) return open(target, tls, onConnect);
      const [broker = ''] = answeringFirst(brokers);
      return untilAnswered(open(addressOf(broker), tls, onConnect), broker);
    },
  };
}

function open(
  at: { readonly host: string; readonly port: number },
  tls: (() => ConnectionOptions) | undefined,
  onConnect: () => void,
): Socket {
  const socket =
    tls === undefined
      ? connect(at, onConnect)
      : connectTls({ ...tls(), ...at, ...nameOf(at.host) }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function addressOf(broker: string): { readonly host: string; readonly port: number } {
  const [, inBrackets, host = '', port] = ADDRESS.exec(broker) ?? [];
  return { host: inBrackets ?? host, port: Number(port) };
}

/** Those that answered last time, in the order of the list; then the others. */
function answeringFirst(brokers: readonly string[]): string[] {
  const failures = (broker: string): number => unanswered.get(broker) ?? 0;
  return brokers.toSorted((a, b) => failures(a) - failures(b));
}

/** Ends a connection on which nothing is answered, and remembers such brokers. */
function untilAnswered(socket: Socket, broker: string): Socket {
  const timer = setTimeout(() => {
    socket.destroy(new Error(`${broker} does not answer`));
  }, FIRST_ANSWER_MS);
  let answered = false;
  socket.once('data', () => {
    answered = true;
    clearTimeout(timer);
    unanswered.delete(broker);
  });
  socket.once('close', () => {
    clearTimeout(timer);
    if (!answered) unanswered.set(broker, (unanswered.get(broker) ?? 0) + 1);
  });
  return socket;
}

/**
 * The name that the certificate is checked against: without a trailing dot, and none for an
 * address.
 */
function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
}
