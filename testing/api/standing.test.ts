/** pauseOrchestration, resumeOrchestration, archiveOrchestration: what callers see of them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

const SHOWN = `orchestration { name paused pausedBy { actor reason at queuesStarts } archived archivedBy { actor reason at }
  availableActions { name stepName allowed reason } } problems { code message path suggestions }`;

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const act = async (name: string, values: object = {}) => {
  const query = `mutation ($input: OrchestrationActionInput!) { ${name}(input: $input) { ${SHOWN} } }`;
  const input = { name: 'tenantCreation', reason: 'the partner is down', ...values };
  return (await running.data(query, { input }, { 'x-actor': 'ann' }))[name] as unknown;
};

const at = '2026-11-23T12:00:00.000Z';
const allowed = (name: string) => ({ name, stepName: null, allowed: true, reason: null });
const refused = (name: string, reason: string) => ({
  name,
  stepName: null,
  allowed: false,
  reason,
});
const FREE = {
  orchestration: {
    name: 'tenantCreation',
    paused: false,
    pausedBy: null,
    archived: false,
    archivedBy: null,
    availableActions: [
      allowed('pauseOrchestration'),
      refused('resumeOrchestration', 'the orchestration is neither paused nor archived'),
      allowed('archiveOrchestration'),
    ],
  },
  problems: [],
};

test('show who decided what and why, and what may be done next', async () => {
  const by = { actor: 'ann', reason: 'the partner is down', at };
  const paused = 'the orchestration is paused already, by ann: the partner is down';
  const archived = 'the orchestration is archived already, by ann: the partner is down';
  expect(await act('pauseOrchestration', { queue: true })).toEqual({
    orchestration: {
      ...FREE.orchestration,
      paused: true,
      pausedBy: { ...by, queuesStarts: true },
      availableActions: [
        refused('pauseOrchestration', paused),
        allowed('resumeOrchestration'),
        allowed('archiveOrchestration'),
      ],
    },
    problems: [],
  });
  expect(await act('archiveOrchestration')).toMatchObject({
    orchestration: {
      paused: true,
      archivedBy: by,
      availableActions: [
        refused('pauseOrchestration', paused),
        allowed('resumeOrchestration'),
        refused('archiveOrchestration', archived),
      ],
    },
  });
  expect(await act('archiveOrchestration')).toMatchObject({
    orchestration: { archivedBy: by },
    problems: [{ code: 'NOT_ALLOWED', message: archived }],
  });
  expect(await act('resumeOrchestration')).toEqual(FREE);
});

test('need a known name and a reason', async () => {
  expect(await act('pauseOrchestration', { reason: ' ' })).toMatchObject({
    orchestration: null,
    problems: [{ code: 'REASON_MISSING', path: 'reason' }],
  });
  expect(await act('archiveOrchestration', { name: 'tenantCration' })).toMatchObject({
    orchestration: null,
    problems: [{ code: 'UNKNOWN_ORCHESTRATION', path: 'name', suggestions: ['tenantCreation'] }],
  });
});
