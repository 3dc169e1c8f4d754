/** The topics of a step, for tests that do not import the wire module. */
import type { StepTopicPair } from '../../src/engine/ports.js';
export function testTopics(name: string, step: string): StepTopicPair {
  return [`orchestrator.${name}.${step}.do`, `orchestrator.${name}.${step}.undo`];
}
