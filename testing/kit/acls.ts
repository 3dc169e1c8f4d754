/** ACLs by Kafka's names. */
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ResourcePatternTypes,
} from 'kafkajs';

interface Acl {
  readonly user: string;
  readonly resource: 'topic' | 'group' | 'cluster';
  readonly pattern: 'literal' | 'prefixed';
  readonly name: string;
  readonly operation: string;
}

async function allow(admin: Admin, acls: readonly Acl[]): Promise<void> {
  await admin.createAcls({ acl: acls.map(entryOf) });
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
