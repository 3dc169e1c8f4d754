/**
 * The database of each member of a consumer group. It is part of the member's metadata, which every
 * member and admin client can read. Gateways of two databases in one group would each get half of
 * the replies, and quarantine those of the other one's flows.
 */
import {
  AssignerProtocol,
  type GroupDescription,
  type PartitionAssigner,
  PartitionAssigners,
} from 'kafkajs';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const PREFIX = 'backstep-database:';

export interface GroupMember {
  /** Id of its database; null = a gateway of an older version, or no gateway. */
  readonly database: string | null;
  /** It has partitions. */
  readonly reads: boolean;
  readonly host: string;
}

/** `unknown` = the group is rebalancing: the coordinator does not return metadata then. */
export type GroupView = readonly GroupMember[] | 'unknown';

export function viewOf({ state, members }: GroupDescription): GroupView {
  if (state !== 'Stable') return members.length === 0 ? [] : 'unknown';
  return members.map(({ memberMetadata, memberAssignment, clientHost }) => ({
    database: databaseOf(memberMetadata),
    reads: isReading(memberAssignment),
    host: clientHost,
  }));
}

/**
 * Whether the group belongs to another database: it belongs to the one whose gateways have
 * partitions. Both have some only when the leader is a gateway of an older version; then the
 * database with the smaller id keeps the group, which both sides decide in the same way.
 */
export function isOfAnother(members: readonly GroupMember[], mine: string): boolean {
  const reading = members.filter(({ reads }) => reads).flatMap(({ database }) => database ?? []);
  const others = reading.filter((database) => database !== mine);
  if (others.length === 0) return false;
  return !reading.includes(mine) || others.some((database) => database < mine);
}

export function othersIn(members: readonly GroupMember[], mine: string): readonly GroupMember[] {
  return members.filter(({ database }) => database !== null && database !== mine);
}

/**
 * The client's own assigner, under its own name, so that older and newer gateways can share a
 * group. In addition the metadata of each member has its database, and a leader assigns partitions
 * only to members of its own database and to members without one.
 */
export function assignerFor(mine: string, refused: (count: number) => void): PartitionAssigner {
  return (config) => {
    const plain = PartitionAssigners.roundRobin(config);
    const isOther = (metadata: Buffer): boolean => ![null, mine].includes(databaseOf(metadata));
    return {
      name: plain.name,
      version: plain.version,
      assign({ members, topics }) {
        const ours = members.filter(({ memberMetadata }) => !isOther(memberMetadata));
        if (ours.length < members.length) refused(members.length - ours.length);
        return plain.assign({ members: ours, topics });
      },
      protocol: ({ topics }) => ({
        name: plain.name,
        metadata: MemberMetadata.encode({
          version: plain.version,
          topics,
          userData: Buffer.from(`${PREFIX}${mine}`),
        }),
      }),
    };
  };
}

function databaseOf(metadata: Buffer): string | null {
  const text = decoded(() => MemberMetadata.decode(metadata)?.userData?.toString()) ?? '';
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : null;
}

function isReading(assignment: Buffer): boolean {
  const topics = decoded(() => MemberAssignment.decode(assignment)?.assignment) ?? {};
  return Object.values(topics).some((partitions) => partitions.length > 0);
}

/** Members of other clients may have metadata that this client cannot decode. */
function decoded<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
