export interface Usage {
  /** Seconds of CPU since the process began, its children included. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

export interface BenchServices {
  readonly brokers: string;
  readonly databaseUrl: string;
  usage(): { readonly kafka: Usage; readonly postgres: Usage };
  close(): Promise<void>;
}

export function openServices(): Promise<BenchServices>;
