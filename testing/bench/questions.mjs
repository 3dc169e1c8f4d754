/**
 * What readers run: every query of the read model, every filter, and those together that a person
 * would put together.
 */
import { KNOWN } from './fill.mjs';

const DAY = 86_400_000;
const PAGE = 20;
/** As the REST pages count. */
const COUNTED = 10_000;

const { common, rare, steps } = KNOWN;
const recent = { startedAfter: Date.now() - 7 * DAY };

const FILTERS = {
  all: {},
  'one orchestration': { orchestrationName: common },
  'a rare orchestration': { orchestrationName: rare },
  'an orchestration nobody has': { orchestrationName: 'none' },
  COMPLETED: { statuses: ['COMPLETED'] },
  FAILED: { statuses: ['FAILED'] },
  IN_PROGRESS: { statuses: ['IN_PROGRESS'] },
  'UNDOING (none)': { statuses: ['UNDOING'] },
  'FAILED, UNDONE, CANCELLED': { statuses: ['FAILED', 'UNDONE', 'CANCELLED'] },
  'COMPLETED, FAILED': { statuses: ['COMPLETED', 'FAILED'] },
  'one orchestration, FAILED': { orchestrationName: common, statuses: ['FAILED'] },
  'a rare orchestration, FAILED': { orchestrationName: rare, statuses: ['FAILED'] },
  'one orchestration, UNDOING (none)': { orchestrationName: common, statuses: ['UNDOING'] },
  'one orchestration, COMPLETED': { orchestrationName: common, statuses: ['COMPLETED'] },
  'a week': { startedAfter: Date.now() - 97 * DAY, startedBefore: Date.now() - 90 * DAY },
  'a week, FAILED': {
    startedAfter: Date.now() - 97 * DAY,
    startedBefore: Date.now() - 90 * DAY,
    statuses: ['FAILED'],
  },
  'an initiator': { initiator: 'portal-7' },
  'an initiator nobody is': { initiator: 'nobody' },
  'an initiator, FAILED': { initiator: 'portal-7', statuses: ['FAILED'] },
  'a correlation': { correlationId: 'request-770' },
  'an idempotency key': { idempotencyKey: 'order 770' },
  'an idempotency key of an orchestration': {
    orchestrationName: common,
    idempotencyKey: 'order 770',
  },
  labels: { labels: { team: 'shop' } },
  'rare labels': { labels: { team: 'rare' } },
  'rare labels, FAILED': { labels: { team: 'rare' }, statuses: ['FAILED'] },
  'a step': { stepName: steps[1] },
  'a step nobody has': { stepName: 'none' },
  'a step in trouble': { stepName: steps[1], stepStatuses: ['RETRY_EXHAUSTED'] },
  'a rare step status': { stepStatuses: ['UNDO_FAIL'] },
  'a step status none is in': { stepStatuses: ['DO_FAIL'] },
  'steps that run': { stepStatuses: ['IN_PROGRESS'] },
  'steps that went well': { stepStatuses: ['DO_SUCCESS'] },
  'a rare orchestration, a step in trouble': {
    orchestrationName: rare,
    stepStatuses: ['RETRY_EXHAUSTED'],
  },
  'a frequent error': { errorContains: 'declined' },
  'a rare error': { errorContains: 'card 993 declined by bank 11' },
  'an error nobody had': { errorContains: 'no such error' },
  'an error nobody had, this week': { errorContains: 'no such error', ...recent },
  'one orchestration, a rare error': {
    orchestrationName: common,
    errorContains: 'card 993 declined by bank 11',
  },
  'FAILED, an error nobody had': { statuses: ['FAILED'], errorContains: 'no such error' },
};

/**
 * Texts are searched in the errors themselves: what is not found has been looked for in all of
 * them.
 */
const SEARCHED = new Set([
  'a rare error',
  'an error nobody had',
  'one orchestration, a rare error',
  'FAILED, an error nobody had',
]);

/** `sample`: flows of the middle of the history; none in an empty database. */
export function questions(sample) {
  const ids = sample.map(({ flow_id }) => flow_id);
  const [first = { flow_id: 'none', ms: Date.now() - 90 * DAY }] = sample;
  const place = Buffer.from(JSON.stringify([Math.round(Number(first.ms)), first.flow_id])).toString(
    'base64url',
  );
  const queries = [];
  const add = (name, run, searches = false) => queries.push({ name, run, searches });
  for (const [name, filter] of Object.entries(FILTERS))
    add(`history: ${name}`, (read) => read.history(filter, PAGE, null), SEARCHED.has(name));
  for (const name of ['all', 'one orchestration', 'FAILED', 'an initiator', 'labels'])
    add(`history from the middle: ${name}`, (read) => read.history(FILTERS[name], PAGE, place));
  for (const name of [
    'all',
    'one orchestration',
    'COMPLETED',
    'FAILED',
    'one orchestration, FAILED',
    'one orchestration, COMPLETED',
  ])
    add(`REST page: ${name}`, (read) => read.historyPage(FILTERS[name], 0, PAGE, COUNTED));
  add('REST page 100: all', (read) => read.historyPage({}, 100, PAGE, COUNTED));
  add('REST page 100: one orchestration', (read) =>
    read.historyPage({ orchestrationName: common }, 100, PAGE, COUNTED),
  );
  add('details of a flow', (read) => read.flows([first.flow_id]));
  add('details of twenty flows', (read) => read.flows(ids));
  add('timeline of a flow', (read) => read.timeline(first.flow_id, 0, 100));
  add('timeline of a flow, from event 4', (read) => read.timeline(first.flow_id, 4, 100));
  add('orchestrations', (read) => read.orchestrations(null, PAGE, null));
  add('orchestrations by a part of the name', (read) => read.orchestrations('rders-1', PAGE, null));
  add('workers of an orchestration', (read) => read.workersOf([common]));
  return queries;
}
