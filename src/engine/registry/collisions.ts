/** Steps whose topics Kafka would treat as the same. */
import { isWithin, type Within } from '../../names/patterns.js';
import { topicKey } from '../../names/topic-key.js';
import type { Declaration, Problem, RegistryTransaction, Wire } from '../ports.js';
import { nameOf, stepNamesOf } from './declared.js';

/**
 * Kafka refuses topic names that are equal after `.` → `_`; a step of another orchestration may
 * have such a name (docs/protocol.md, "Topics").
 */
export async function collisions(
  tx: RegistryTransaction,
  wire: Pick<Wire, 'stepTopics'>,
  declarations: readonly Declaration[],
  within?: Within,
): Promise<Problem[]> {
  const wanted = declarations.flatMap((one) => {
    return stepNamesOf(one).flatMap((step) =>
      wire.stepTopics(nameOf(one), step).map((topic) => ({ one, step, topic })),
    );
  });
  const owners = await tx.topicOwners(wanted.map(({ topic }) => topic));
  const problems: Problem[] = [];
  for (const { one, step, topic } of wanted) {
    const other = owners.find(
      (known) =>
        topicKey(known.topic) === topicKey(topic) &&
        (known.name !== nameOf(one) || known.stepName !== step),
    );
    if (other === undefined || problems.some(({ path }) => path === `${nameOf(one)}/${step}`))
      continue;
    const message = `the topics of ${nameOf(one)}/${step} would collide with those of ${nameFor(other, within)}: Kafka treats "." and "_" in them as equal; rename one`;
    problems.push({
      code: 'TOPIC_COLLISION',
      message,
      path: `${nameOf(one)}/${step}`,
      line: one.line,
      suggestions: [],
    });
  }
  return problems;
}

/** The other one, for a caller who may see it. */
function nameFor(
  other: { readonly name: string; readonly stepName: string },
  within: Within,
): string {
  return isWithin(other.name, within) ? `${other.name}/${other.stepName}` : 'another orchestration';
}
