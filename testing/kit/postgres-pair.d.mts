import type { Log } from '../../src/observability/log.js';

export interface PairOptions {
  readonly folder: string;
  readonly log: Log;
  /** Of src or of dist. */
  readonly openEmbeddedPostgres: (options: {
    readonly folder: string;
    readonly log: Log;
  }) => Promise<{ readonly url: string; close(): Promise<void> }>;
  readonly findBinaries: () => Promise<{ readonly postgres: string }>;
  readonly runsAs: number | null;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PairServer {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
  start(): Promise<void>;
  end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface Pair {
  /** Both servers, in the order in which they were made. */
  readonly url: string;
  readonly servers: readonly [PairServer, PairServer];
  readonly primary: PairServer;
  readonly standby: PairServer;
  /** The standby becomes the primary; it waits for no standby. */
  promote(): Promise<void>;
  /** The server that is not the primary is made anew from the primary, and follows it. */
  rebuild(): Promise<void>;
  close(): Promise<void>;
}

export function openPair(options: PairOptions): Promise<Pair>;
