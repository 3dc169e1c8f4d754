export interface TestKafka {
  readonly brokers: string;
  at(listener: string): string;
  readonly pid: number;
  stop(): Promise<void>;
  pause(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}
export function kafkaJars(): Promise<string>;
export function startKafka(options?: {
  readonly folder?: string;
  readonly port?: number;
  readonly listeners?: readonly { readonly name: string; readonly protocol: string }[];
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly format?: readonly string[];
}): Promise<TestKafka>;
