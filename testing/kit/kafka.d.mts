export interface TestKafka {
  readonly brokers: string;
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
}): Promise<TestKafka>;
