/** The topics of a step, for tests that do not have the wire room at hand. */
export function testTopics(name: string, step: string): readonly [string, string] {
  return [`orchestrator.${name}.${step}.do`, `orchestrator.${name}.${step}.undo`];
}
