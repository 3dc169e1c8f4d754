/** `slo`: the monitoring checklist of flows that really ran, through GraphQL. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

interface Slo {
  readonly flows: number;
  readonly doSuccessRate: number | null;
  readonly averageRetryCount: number | null;
  readonly undoTriggerRate: number | null;
  readonly undoSuccessRate: number | null;
  readonly lines: readonly { readonly name: string; readonly met: boolean | null }[];
  readonly trend: readonly { readonly flows: number }[];
}
const sloOf = async (more = ''): Promise<Slo> => {
  const query = `{ slo${more} { flows doSuccessRate averageRetryCount undoTriggerRate undoSuccessRate lines { name met } trend { flows } } }`;
  return (await running.data<{ slo: Slo }>(query)).slo;
};

/** Looks again each time counters have been stored. */
async function counted(holds: (slo: Slo) => boolean): Promise<Slo> {
  for (;;) {
    const stored = running.engine.counted();
    const slo = await sloOf('(orchestrationName: "tenantCreation", windowMinutes: 10)');
    if (holds(slo)) return slo;
    await stored;
  }
}

test('two flows that complete and one that undoes itself make its figures', async () => {
  expect(await sloOf('(orchestrationName: "never")')).toMatchObject({
    flows: 0,
    doSuccessRate: null,
  });
  for (const _ of [1, 2]) {
    const done = await running.engine.startFlow();
    await running.engine.answers(done, 'createRealm');
    await running.engine.answers(done, 'createUser');
  }
  const undone = await running.engine.startFlow();
  await running.engine.answers(undone, 'createRealm');
  await running.engine.fails(undone, 'createUser', 'no');
  await running.engine.answers(undone, 'createRealm', { action: 'UNDO' });
  const slo = await counted(({ undoSuccessRate }) => undoSuccessRate !== null);
  expect(slo).toMatchObject({
    flows: 3,
    doSuccessRate: 5 / 6,
    averageRetryCount: 0,
    undoTriggerRate: 1 / 3,
    undoSuccessRate: 1,
  });
  expect(slo.lines).toHaveLength(6);
  expect(slo.trend).toHaveLength(12);
  expect(slo.trend.at(-1)?.flows).toBe(3);
  expect((await sloOf()).flows).toBeGreaterThanOrEqual(3);
});

test.each(['(windowMinutes: 0)', '(windowMinutes: 10081)', '(parts: 61)', '(parts: 0)'])(
  '%s is refused with the bounds',
  async (more) => {
    const error = await running.error(`{ slo${more} { flows } }`);
    expect(error).toMatchObject({ message: expect.stringMatching(/from|between|1 to/) });
  },
);
