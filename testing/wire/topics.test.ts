/** Names of topics, and back. */
import { expect, test } from '@jest/globals';
import { stepOfTopic, stepTopics, TOPICS } from '../../src/wire/topics.js';

test('the topics of a step lead back to it', () => {
  const step = { orchestrationName: 'tenant_Creation-2', stepName: 'createRealm' };
  const [doTopic, undoTopic] = stepTopics(step.orchestrationName, step.stepName);
  expect(stepOfTopic(doTopic)).toEqual({ ...step, action: 'DO' });
  expect(stepOfTopic(undoTopic)).toEqual({ ...step, action: 'UNDO' });
});

test.each([
  ...Object.values(TOPICS),
  'orders',
  'orchestrator.a.b.DO',
  'orchestrator.a.b.c.do',
  'orchestrator..b.do',
  `orchestrator.a.${'b'.repeat(101)}.undo`,
])('%s is not the topic of a step', (topic) => {
  expect(stepOfTopic(topic)).toBeNull();
});
