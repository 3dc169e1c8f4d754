/**
 * A consumer group is for one database. A gateway that finds gateways of another database in its
 * group joins only when they have been gone for a while.
 */
import type { ConsumerConfig, GroupDescription } from 'kafkajs';
import type { Log } from '../observability/log.js';
import {
  assignerFor,
  type GroupMember,
  type GroupView,
  isOfAnother,
  othersIn,
  viewOf,
} from './group-members.js';

/** Longer than a restart takes: a group whose gateways are restarting is not taken over. */
const GONE_FOR_MS = 60_000;
const REPEAT_ERROR_MS = 60_000;

/**
 * This gateway does not join the group, although nothing failed; trying again sooner does not help.
 */
export class StaysOut extends Error {}

export interface GroupOwnerOptions {
  readonly groupId: string;
  /**
   * Id of the database. Read again at each check, because DATABASE_URL may lead to another one by
   * then. Absent: nothing is checked.
   */
  readonly databaseId?: (() => Promise<string>) | undefined;
  /** How long the other gateways must have been gone before this one takes over the group, ms. */
  readonly goneForMs?: number | undefined;
  readonly log: Log;
}

export class GroupOwner {
  private mine: string | null = null;
  /**
   * When gateways of another database were last seen; null = this gateway does not wait for any.
   */
  private seenAt: number | null = null;
  private reportedAt: number | null = null;

  constructor(
    private readonly describe: (groupId: string) => Promise<GroupDescription>,
    private readonly options: GroupOwnerOptions,
  ) {}

  /** Consumer settings of a member of this group. */
  settings(): Pick<ConsumerConfig, 'partitionAssigners'> {
    if (this.mine === null) return {};
    const refused = (members: number): void => this.report('joins', { members });
    return { partitionAssigners: [assignerFor(this.mine, refused)] };
  }

  /** Throws StaysOut when the group is another database's. */
  async mayJoin(): Promise<void> {
    const { databaseId } = this.options;
    if (databaseId === undefined) return;
    this.mine = await databaseId();
    const view = await this.look();
    this.refuseIfAnothers(view, this.mine);
    if (this.seenAt === null) return;
    if (!this.isFreeAgain(view, this.mine)) throw this.staysOut();
    const { groupId, log } = this.options;
    log.info({ groupId }, 'the gateways of the other database have left the group; joining it');
    this.seenAt = null;
    this.reportedAt = null;
  }

  /** The same check for a member. A check that fails decides nothing; the next one follows. */
  async mayStay(): Promise<void> {
    const { databaseId, log } = this.options;
    const { mine } = this;
    if (mine === null || databaseId === undefined) return;
    const found = await Promise.all([databaseId(), this.look()]).catch((error: unknown) => {
      log.debug({ err: error }, 'the members of the group could not be read');
      return null;
    });
    if (found === null) return;
    const [now, view] = found;
    if (now !== mine) {
      log.warn({ before: mine, now }, 'another database is behind DATABASE_URL now; joining again');
      throw new StaysOut('another database is behind DATABASE_URL now; joining again');
    }
    this.refuseIfAnothers(view, mine);
    if (view !== 'unknown' && othersIn(view, mine).some(({ reads }) => reads))
      this.report('reads', hostsOf(othersIn(view, mine)));
  }

  private async look(): Promise<GroupView> {
    return viewOf(await this.describe(this.options.groupId));
  }

  private refuseIfAnothers(view: GroupView, mine: string): void {
    if (view === 'unknown' || !isOfAnother(view, mine)) return;
    this.seenAt = performance.now();
    this.report('owns', hostsOf(othersIn(view, mine)));
    throw this.staysOut();
  }

  /**
   * Another gateway of this database is reading already, or those of other databases have been gone
   * for long enough.
   */
  private isFreeAgain(view: GroupView, mine: string): boolean {
    if (view === 'unknown') return false;
    if (view.some(({ database, reads }) => reads && database === mine)) return true;
    return performance.now() - (this.seenAt ?? 0) >= (this.options.goneForMs ?? GONE_FOR_MS);
  }

  private staysOut(): StaysOut {
    const { groupId } = this.options;
    return new StaysOut(
      `the consumer group ${groupId} is used by gateways of another database, so this gateway reads nothing; set a KAFKA_GROUP_ID of its own for each database and start again`,
    );
  }

  /** Logs the error at most once a minute. */
  private report(what: keyof typeof REPORTS, fields: object): void {
    const now = performance.now();
    if (this.reportedAt !== null && now - this.reportedAt < REPEAT_ERROR_MS) return;
    this.reportedAt = now;
    const { groupId, log } = this.options;
    log.error({ groupId, ...fields }, REPORTS[what](groupId));
  }
}

const TO_DO = 'set a KAFKA_GROUP_ID of its own for each database and start its gateways again';

const REPORTS = {
  owns: (group: string) =>
    `the consumer group ${group} is used by gateways of another database: replies would be quarantined as UNKNOWN_FLOW, so this gateway reads nothing; ${TO_DO}`,
  joins: (group: string) =>
    `a gateway of another database joined the consumer group ${group}; it was given no partitions; ${TO_DO}`,
  reads: (group: string) =>
    `a gateway of another database reads in the consumer group ${group}, and replies go to the wrong quarantine; ${TO_DO}`,
} as const;

function hostsOf(members: readonly GroupMember[]): { readonly hosts: readonly string[] } {
  return { hosts: [...new Set(members.map(({ host }) => host))] };
}
