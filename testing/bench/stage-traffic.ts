/**
 * What is sent and received during a measurement: statements, and bytes on the connections to
 * PostgreSQL and to Kafka. It watches every connection that this process opens from then on.
 */
import { type NetConnectOpts, Socket } from 'node:net';

export interface Traffic {
  /** Statements given to PostgreSQL, BEGIN and COMMIT included. */
  readonly statements: number;
  /** Bytes to PostgreSQL and from it. */
  readonly toPostgres: number;
  readonly fromPostgres: number;
  /** Bytes to Kafka and from it. */
  readonly toKafka: number;
  readonly fromKafka: number;
}

export const NO_TRAFFIC: Traffic = {
  statements: 0,
  toPostgres: 0,
  fromPostgres: 0,
  toKafka: 0,
  fromKafka: 0,
};

export interface TrafficWatch {
  /** Since the watch began. */
  read(): Traffic;
}

/** The part of the driver whose calls are counted. */
export interface Driver {
  readonly Client: { readonly prototype: { query: (...given: unknown[]) => unknown } };
}

type Connect = (this: Socket, ...given: unknown[]) => Socket;

/** `kafkaPorts`: all other connections are to PostgreSQL. */
export function watchTraffic(driver: Driver, kafkaPorts: ReadonlySet<number>): TrafficWatch {
  const sockets = new Map<Socket, 'kafka' | 'postgres'>();
  let statements = 0;
  const { prototype } = driver.Client;
  const { query } = prototype;
  prototype.query = function (...given: unknown[]): unknown {
    statements++;
    return query.apply(this, given);
  };
  const connect = Socket.prototype.connect as Connect;
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]): Socket {
    sockets.set(this, kafkaPorts.has(portOf(given)) ? 'kafka' : 'postgres');
    return connect.apply(this, given);
  } as typeof Socket.prototype.connect;
  const sum = (of: 'kafka' | 'postgres', pick: (socket: Socket) => number): number =>
    [...sockets].reduce((total, [socket, to]) => total + (to === of ? pick(socket) : 0), 0);
  return {
    read: () => ({
      statements,
      toPostgres: sum('postgres', ({ bytesWritten }) => bytesWritten),
      fromPostgres: sum('postgres', ({ bytesRead }) => bytesRead),
      toKafka: sum('kafka', ({ bytesWritten }) => bytesWritten),
      fromKafka: sum('kafka', ({ bytesRead }) => bytesRead),
    }),
  };
}

export function added(sum: Traffic, after: Traffic, before: Traffic): Traffic {
  const keys = Object.keys(NO_TRAFFIC) as (keyof Traffic)[];
  const each = keys.map((key) => [key, sum[key] + after[key] - before[key]] as const);
  return Object.fromEntries(each) as unknown as Traffic;
}

/** Node passes on what it was called with as one array: [[options, callback]] or its parts. */
function portOf(given: readonly unknown[]): number {
  const [first] = given.flat() as readonly (NetConnectOpts | number | undefined)[];
  if (typeof first === 'number') return first;
  return first !== undefined && 'port' in first ? first.port : -1;
}
