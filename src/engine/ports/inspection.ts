/**
 * What the broker shows about one command. Used for diagnoses only, never to decide about a flow.
 */
import type { Instant } from '../../saga/flow.js';

/** Which command is looked for. */
export interface CommandPlace {
  readonly topic: string;
  readonly key: string;
  /** When it was decided, by the database's clock; its record is not older. */
  readonly since: Instant;
  /** How much this process's clock is ahead of the database's, ms. */
  readonly aheadMs: number;
}

/** A consumer group of this topic. */
export interface GroupOnTopic {
  readonly groupId: string;
  /** The state as the broker names it: Stable, Empty, PreparingRebalance, … */
  readonly state: string;
  /** How many of its members read this topic; null: the broker does not show it. */
  readonly members: number | null;
  readonly hosts: readonly string[];
  /** Next offset it reads of the command's partition; null: it has committed none. */
  readonly committed: bigint | null;
}

export type Inspection =
  /** The broker did not answer in time, or refused. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'no-topic' }
  | {
      readonly kind: 'topic';
      readonly partitions: number;
      /** The command's, by its key. */
      readonly partition: number;
      /** Oldest and next offset of that partition. */
      readonly earliest: bigint;
      readonly end: bigint;
      /** The command's offset is at least `from` and less than `to`, as far as timestamps show. */
      readonly from: bigint;
      readonly to: bigint;
      readonly groups: readonly GroupOnTopic[];
    };

export interface Inspector {
  /** Resolves within some seconds, whatever the broker does; never throws. */
  inspect(place: CommandPlace): Promise<Inspection>;
}
