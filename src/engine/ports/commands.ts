/** Port: the commands of a step, read for workers that use GraphQL or REST. */
import type { WorkerMessage, WorkerRecord } from './broker.js';

/** A record of a step's topic, with its place. */
export interface CommandRecord extends WorkerRecord {
  readonly partition: number;
  readonly offset: bigint;
}

/** Which commands, and for which group of workers: each group gets every command once. */
export interface CommandsOfStep {
  readonly group: string;
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly topics: readonly string[];
}

/** A partition of a topic, as text. */
export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`;

export interface CommandListener {
  /**
   * Records, in the order of each partition. Those that were not committed come again after a
   * restart, and whenever partitions are assigned.
   */
  records(records: readonly CommandRecord[]): void;
  /** The partitions (`partitionKey`) that this reader has; all others are read elsewhere. */
  assigned(partitions: ReadonlySet<string>): void;
}

/** Reads until it is closed, from the group's offsets, or from the earliest record. */
export interface CommandReader {
  /** All records of the partition before `next` are settled. Stored a moment later. */
  commit(topic: string, partition: number, next: bigint): void;
  /** Passes nothing more, apart from what is under way. */
  pause(): void;
  resume(): void;
  /** Stores the offsets and leaves the group. */
  close(): Promise<void>;
}

/** The broker, for the bridge. */
export interface Commands {
  /** Joins the group in the background, and again whenever the broker comes back. */
  read(step: CommandsOfStep, listener: CommandListener): CommandReader;
  /** Resolves when the broker has acknowledged them. */
  send(messages: readonly WorkerMessage[]): Promise<void>;
  close(): Promise<void>;
}
