/** ACLs by Kafka's names; those of docs/transport.md are read from its table. */
import { readFileSync } from 'node:fs';
import kafkajs, { type AclEntry, type Admin } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

export interface Acl {
  readonly user: string;
  readonly resource: 'topic' | 'group' | 'cluster';
  readonly pattern: 'literal' | 'prefixed';
  readonly name: string;
  readonly operation: string;
}

const ROW =
  /^\| (\w+) \| (topic|group|cluster) \| (literal|prefixed) \| `([^`]+)` \| ([\w, ]+) \|/gm;

/** One for each operation of each row of the page, for these users. */
export function documentedAcls(users: readonly string[]): readonly Acl[] {
  const page = readFileSync('docs/transport.md', 'utf8');
  return [...page.matchAll(ROW)].flatMap(
    ([, user = '', resource, pattern, name = '', operations = '']) =>
      users.includes(user)
        ? operations
            .split(', ')
            .map((operation) => ({ user, resource, pattern, name, operation }) as Acl)
        : [],
  );
}

export async function allow(admin: Admin, acls: readonly Acl[]): Promise<void> {
  await admin.createAcls({ acl: acls.map(entryOf) });
}

export async function takeBack(admin: Admin, acls: readonly Acl[]): Promise<void> {
  await admin.deleteAcls({ filters: acls.map(entryOf) });
}

/** Everything, for tests of something else. */
export async function allowAll(admin: Admin, user: string): Promise<void> {
  const all = { user, pattern: 'literal', name: '*', operation: 'All' } as const;
  await allow(admin, [
    { ...all, resource: 'topic' },
    { ...all, resource: 'group' },
    { ...all, resource: 'cluster', name: 'kafka-cluster' },
  ]);
}

function entryOf({ user, resource, pattern, name, operation }: Acl): AclEntry {
  return {
    principal: `User:${user}`,
    host: '*',
    resourceType: AclResourceTypes[resource.toUpperCase() as keyof typeof AclResourceTypes],
    resourceName: name,
    resourcePatternType:
      ResourcePatternTypes[pattern.toUpperCase() as keyof typeof ResourcePatternTypes],
    operation: AclOperationTypes[underscored(operation) as keyof typeof AclOperationTypes],
    permissionType: AclPermissionTypes.ALLOW,
  };
}

/** `DescribeConfigs`, as in Kafka's documentation, is DESCRIBE_CONFIGS here. */
function underscored(operation: string): string {
  return operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
