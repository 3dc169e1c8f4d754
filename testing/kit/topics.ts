/** The topics of a step, for tests that do not import the wire module. */
export function testTopics(name: string, step: string): readonly [string, string] {
  return [`orchestrator.${name}.${step}.do`, `orchestrator.${name}.${step}.undo`];
}
