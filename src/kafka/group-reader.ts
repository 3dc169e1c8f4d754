/**
 * Reads a consumer group from its coordinator, on a connection of its own: while a coordinator does
 * not answer (its machine is suspended or cut off), requests about topics must not wait for it.
 */
import type { Admin, GroupDescription } from 'kafkajs';
import { AdminTurns } from './admin-turns.js';

/** A coordinator that answers does so at once. */
const WITHIN_MS = 5_000;

export class GroupReader {
  private readonly admin: AdminTurns;
  private pending: Promise<GroupDescription> | null = null;

  constructor(newAdmin: () => Admin, brokers: readonly string[]) {
    this.admin = new AdminTurns(newAdmin, brokers, WITHIN_MS);
  }

  /** A Fault when the coordinator does not answer. Who comes meanwhile gets the same answer. */
  describe(groupId: string): Promise<GroupDescription> {
    this.pending ??= this.read(groupId).finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  private read(groupId: string): Promise<GroupDescription> {
    return this.admin.next(async (admin) => {
      const [group] = (await admin.describeGroups([groupId])).groups;
      if (group === undefined) throw new Error(`no description of the group ${groupId}`);
      return group;
    });
  }

  close(): Promise<void> {
    return this.admin.close();
  }
}
