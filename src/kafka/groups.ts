/** Consumer groups as the cluster describes them, and what their members read. */
import { type Admin, AssignerProtocol, type GroupDescription } from 'kafkajs';

/** With one request. */
const AT_ONCE = 100;

const { MemberMetadata, MemberAssignment } = AssignerProtocol;

export async function describedGroups(admin: Admin, most: number): Promise<GroupDescription[]> {
  const { groups } = await admin.listGroups();
  const ids = groups.map(({ groupId }) => groupId).slice(0, most);
  const described: GroupDescription[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE)
    described.push(...(await admin.describeGroups(ids.slice(at, at + AT_ONCE))).groups);
  return described;
}

/**
 * A group of the newer consumer protocol is listed, but described as Dead: this client cannot see
 * its members.
 */
export function isHidden({ state }: GroupDescription): boolean {
  return state === 'Dead';
}

export type Member = GroupDescription['members'][number];

export function membersOn({ members }: GroupDescription, topic: string): Member[] {
  return members.filter((member) => topicsOf(member).has(topic));
}

/** How many members read each topic. */
export function topicsOfMembers({ members }: GroupDescription): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const member of members)
    for (const topic of topicsOf(member)) found.set(topic, (found.get(topic) ?? 0) + 1);
  return found;
}

function topicsOf({ memberMetadata, memberAssignment }: Member): ReadonlySet<string> {
  const wanted = decoded(() => MemberMetadata.decode(memberMetadata)?.topics) ?? [];
  const given = decoded(() => MemberAssignment.decode(memberAssignment)?.assignment) ?? {};
  return new Set([...wanted, ...Object.keys(given)]);
}

/** Members of other clients may have metadata that this client cannot decode. */
function decoded<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
