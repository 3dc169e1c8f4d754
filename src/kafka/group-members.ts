/**
 * Which database each member of a consumer group works on: it travels in the member's metadata, where any member and any admin can read it. Two
 * databases in one group would each get half of the replies, and quarantine those of the other's flows.
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
  /** Of its database; null = a gateway of a version that has none, or no gateway. */
  readonly database: string | null;
  /** It was given partitions. */
  readonly reads: boolean;
  readonly host: string;
}

/** `unknown` = the group is sharing out its partitions: the coordinator does not show metadata then. */
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
 * Whether the group belongs to another database. It belongs to the one whose gateways read. Both do only where a gateway of an older version
 * shared the partitions out: then the lesser id goes on, the same decision on both sides.
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
 * The client's own assigner, under its own name, so that older gateways share a group with newer ones. In addition each member carries
 * its database, and a leader gives partitions to members of its own database, and to those without one, only.
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
