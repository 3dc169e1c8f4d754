import { expect, test } from '@jest/globals';
import type { Delivery } from '../../src/engine/ports.js';
import { Timers } from '../../src/engine/timers/timers.js';
import { gate, listeningLog, recordOf, sequential } from './builders.js';

function timersOver(due: (look: number) => readonly string[], ready = () => true) {
  const submitted: Delivery[] = [];
  const first = gate();
  let looks = 0;
  const timers = new Timers({
    store: { due: async () => due(++looks), untilNextDue: async (most) => most },
    log: listeningLog(),
    submit: async (deliveries) => {
      submitted.push(...deliveries);
      first.open();
    },
    lookMs: 60_000,
    ready,
  });
  return { timers, submitted, first, looks: () => looks };
}

test('what is due at the start gets a tick at once', async () => {
  const { timers, submitted, first } = timersOver((look) => (look === 1 ? ['f', 'g'] : []));
  timers.start();
  await first.opened;
  await timers.stop();
  const tick = (flowId: string) => ({
    from: 'timer',
    kind: 'input',
    input: { type: 'TICK', flowId },
  });
  expect(submitted).toEqual([tick('f'), tick('g')]);
});

test('a commit that is due soon is looked at then, not at the next regular look', async () => {
  const looked = gate();
  const { timers, first } = timersOver((look) => {
    looked.open();
    return look > 1 ? ['f'] : [];
  });
  timers.start();
  await looked.opened;
  const record = recordOf('f', sequential('o', 'a'));
  timers.noted([{ ...record, wakeAt: record.after.now + 20 }]);
  await first.opened;
  await timers.stop();
});

test('nothing fires while replies wait to be read', async () => {
  const requested = gate();
  const { timers, looks } = timersOver(
    () => ['f'],
    () => {
      requested.open();
      return false;
    },
  );
  timers.start();
  await requested.opened;
  await timers.stop();
  expect(looks()).toBe(0);
});
