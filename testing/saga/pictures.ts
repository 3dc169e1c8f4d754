/** The state pictures of docs/states.md, drawn from what the walk saw. */
import type { FlowEvent } from '../../src/saga/event.js';
import { FLOW_STATUSES, type Flow, STEP_STATUSES } from '../../src/saga/flow.js';
import { sized } from './sizes.js';
import { walk } from './walk.js';

/** `from → to` and the events that lead there. */
type Arrows = Map<string, Set<string>>;

interface Seen {
  readonly step: Arrows;
  readonly flow: Arrows;
}

export function drawStates(): string {
  const seen = watch();
  return [
    '# States, drawn from the code',
    '',
    'Written by `testing/saga/pictures.test.ts` (with `UPDATE_PICTURES=1`), which walks every state of small flows and fails when these',
    'pictures and the code differ. An arrow is labelled with the events on the timeline that lead along it.',
    '',
    '## A step',
    '',
    '`DO_FAIL` and `UNDO_FAIL` with a next attempt time are between two attempts; without one, `UNDO_FAIL` is final, and a `DO_FAIL` is a step',
    'that failed while its flow turned around.',
    '',
    ...diagram(seen.step, STEP_STATUSES, 'PENDING'),
    '',
    '## A flow',
    '',
    'Paused and held are flags beside the status. `UNDONE` is left by itself only for a late success, `FAILED` only for a late UNDO success',
    'of the current round; everything else that leaves an end is an operator.',
    '',
    ...diagram(seen.flow, FLOW_STATUSES, 'IN_PROGRESS'),
    '',
  ].join('\n');
}

/** Few sizes are enough to see every arrow; the enumeration walks more. */
function watch(): Seen {
  const seen: Seen = { step: new Map(), flow: new Map() };
  const plain = { onRetriesExhausted: 'undo', onUndoExhausted: 'stop', undo: 'required' } as const;
  const some = [
    sized({ ...plain, type: 'SEQUENTIAL', steps: 1, retries: 1 }, 5),
    sized(
      {
        ...plain,
        type: 'SEQUENTIAL',
        steps: 2,
        retries: 0,
        onUndoExhausted: 'continue',
        deadline: true,
      },
      2,
    ),
    sized({ ...plain, type: 'PARALLEL', steps: 2, retries: 1, onRetriesExhausted: 'hold' }, 2),
    sized({ ...plain, type: 'PARALLEL', steps: 2, retries: 0 }, 3),
  ];
  for (const size of some)
    walk(size, (_, before, after, events) => after !== null && note(seen, before, events));
  return seen;
}

function note(seen: Seen, before: Flow, events: readonly FlowEvent[]): void {
  let { status } = before;
  for (const event of events) {
    if (event.flowStatus !== status) add(seen.flow, status, event.flowStatus, event.type);
    status = event.flowStatus;
    const { stepStatusBefore: from, stepStatus: to } = event;
    if (from !== null && to !== null && from !== to) add(seen.step, from, to, event.type);
  }
}

function add(arrows: Arrows, from: string, to: string, label: string): void {
  const key = `${from} --> ${to}`;
  arrows.set(key, (arrows.get(key) ?? new Set()).add(label));
}

function diagram(arrows: Arrows, order: readonly string[], first: string): string[] {
  const rank = (arrow: string) => {
    const [from = '', to = ''] = arrow.split(' --> ');
    return order.indexOf(from) * order.length + order.indexOf(to);
  };
  const sorted = [...arrows].sort(([one], [other]) => rank(one) - rank(other));
  const lines = sorted.map(([arrow, labels]) => `  ${arrow}: ${[...labels].sort().join(' · ')}`);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...lines, '```'];
}
