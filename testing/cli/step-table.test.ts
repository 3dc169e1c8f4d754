/** The live table of `watch`, line by line. */
import { expect, test } from '@jest/globals';
import { StepTable } from '../../src/cli/step-table.js';
import type { FlowDetails, FlowEvent } from '../../src/client/index.js';

const AT = Date.parse('2026-11-26T12:00:00.000Z');
const at = (ms: number): string => new Date(AT + ms).toISOString();
const step = (stepName: string, seq: number) =>
  ({ stepName, seq, status: 'PENDING', retryCount: 0, maxRetries: 1 }) as FlowDetails['steps'][0];
const flow = {
  flowId: 'f1',
  orchestrationName: 'tenantCreation',
  status: 'IN_PROGRESS',
  startedAt: at(0),
  steps: [step('createRealm', 1), step('createUser', 2)],
} as FlowDetails;
const event = (ms: number, more: Partial<FlowEvent>): FlowEvent =>
  ({
    flowId: 'f1',
    number: 1,
    type: 'X',
    at: at(ms),
    flowStatus: 'IN_PROGRESS',
    ...more,
  }) as FlowEvent;
const shown = (table: StepTable, ms: number): string[] =>
  table.lines(AT + ms).map((line) => line.replace(/ +/g, ' ').trim());

test('steps move with their events; time runs while a command is open', () => {
  const table = new StepTable(flow);
  table.apply(event(100, { stepName: 'createRealm', stepStatus: 'IN_PROGRESS', attempt: 1 }));
  expect(shown(table, 600)).toEqual([
    'tenantCreation f1 IN_PROGRESS 600 ms',
    'createRealm IN_PROGRESS 500 ms',
    'createUser PENDING',
  ]);
  table.apply(
    event(900, { stepName: 'createRealm', stepStatus: 'DO_SUCCESS', message: 'the worker did it' }),
  );
  expect(shown(table, 5000)[1]).toBe('createRealm DO_SUCCESS 800 ms the worker did it');
});

test('progress is a bar, a second attempt is named', () => {
  const table = new StepTable(flow);
  const open = { stepName: 'createUser', stepStatus: 'IN_PROGRESS' as const };
  table.apply(event(0, { ...open, attempt: 2 }));
  table.apply(event(10, { ...open, type: 'STEP_PROGRESS', details: { progress: 0.5 } }));
  expect(shown(table, 20)[2]).toBe('createUser IN_PROGRESS 20 ms attempt 2 [######------] 50 %');
});

test('the clock of the flow stops at its end', () => {
  const table = new StepTable(flow);
  table.apply(event(2000, { type: 'FLOW_COMPLETED', flowStatus: 'COMPLETED' }));
  expect(shown(table, 60_000)[0]).toBe('tenantCreation f1 COMPLETED 2.0 s');
});

test('what a worker wrote cannot move the cursor', () => {
  const table = new StepTable(flow);
  table.apply(
    event(0, { stepName: 'createUser', stepStatus: 'DO_FAIL', message: '\u001b[2Jgone' }),
  );
  expect(shown(table, 0)[2]).toContain('\\u001b[2Jgone');
});
