/**
 * docs/security-paths.md: every path to an object, with its rule. `schema` and `policy` are those
 * of the built gateway.
 */
import { getNamedType, isObjectType } from 'graphql';

/** Each type below a field once, by the shortest way. */
function pathsBelow(type, path, seen) {
  const found = [];
  const queue = [{ type, path }];
  for (const { type: at, path: way } of queue) {
    if (!isObjectType(at) || seen.has(at.name)) continue;
    seen.add(at.name);
    found.push({ type: at.name, path: way });
    for (const field of Object.values(at.getFields()))
      queue.push({ type: getNamedType(field.type), path: `${way}.${field.name}` });
  }
  return found;
}

export function securityPathsPage(
  schema,
  { FIELD_RULES, ROUTE_RULES, SCOPED_TYPES, OBJECT_RULES, ROLE_RIGHTS },
) {
  const rule = (rights) => rights.map((right) => `\`${right}\``).join(' or ');
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ path: `${type.name}.${field.name}`, field })),
  );
  const seen = new Set();
  const objects = fields.flatMap(({ path, field }) =>
    pathsBelow(getNamedType(field.type), path, seen),
  );
  const objectRule = (type) =>
    SCOPED_TYPES[type] === undefined
      ? OBJECT_RULES[type]
      : `within the scopes by \`${SCOPED_TYPES[type]}\`; every field that gives one checks it`;
  const routeRule = (one) => {
    if (one === 'open') return 'open: no data of flows behind it';
    return one === 'fields' ? 'a valid token; each root field by its rule' : rule(one);
  };
  return `# Paths and their rules

Written by \`npm run docs\` from \`src/api/auth/policy.ts\` and the schema; \`testing/api/auth/paths.test.ts\` fails for a root field, a route or an object type without a
rule, and tries each of them with a caller who may not see the object: the answer is, letter for letter, that of an object that is not there. [security.md](security.md) explains it.

## Roles

| role | rights |
| --- | --- |
${Object.entries(ROLE_RIGHTS)
  .map(
    ([role, rights]) => `| \`${role}\` | ${[...rights].map((right) => `\`${right}\``).join(' ')} |`,
  )
  .join('\n')}

## Root fields

| path | needs |
| --- | --- |
${fields.map(({ path }) => `| \`${path}\` | ${rule(FIELD_RULES[path])} |`).join('\n')}

## Objects below them

| path | type | rule |
| --- | --- | --- |
${objects.map(({ path, type }) => `| \`${path}\` | \`${type}\` | ${objectRule(type)} |`).join('\n')}

## Routes

| route | needs |
| --- | --- |
${Object.entries(ROUTE_RULES)
  .map(([route, one]) => `| \`${route}\` | ${routeRule(one)} |`)
  .join('\n')}
`;
}
