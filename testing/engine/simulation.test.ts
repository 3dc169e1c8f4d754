/** What a simulation answers: the rules of real flows, on a virtual clock. */
import { describe, expect, test } from '@jest/globals';
import { type SimulatedFault, simulate } from '../../src/engine/simulation/simulate.js';
import { traceOf } from '../../src/engine/simulation/trace-line.js';
import { fold } from '../../src/saga/advance.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { readRegistration } from '../../src/wire/documents.js';

function declared(text: string): Orchestration {
  const { declarations, problems } = readRegistration(text, { serviceName: null });
  const [one] = declarations;
  if (one?.as !== 'initiator') throw new Error(JSON.stringify(problems));
  return { ...one.orchestration, version: 1 };
}

const chain = (more = ''): Orchestration =>
  declared(`
orchestrationName: chain
as: initiator
type: sequential
maxRetries: 1
timeout: 10s
${more}
steps: [{ seq: 1, name: a }, { seq: 2, name: b }, { seq: 3, name: c }]`);

const fault = (text: string): SimulatedFault => {
  const [kind, stepName = '', action, attempt] = text.split(' ');
  return { stepName, action, attempt: attempt ? Number(attempt) : null, kind } as SimulatedFault;
};
const traced = (orchestration: Orchestration, ...faults: string[]): string =>
  traceOf(simulate(orchestration, faults.map(fault)).events);

describe('a simulated flow', () => {
  test.each([
    [[], 'a+ b+ c+ => COMPLETED'],
    [['FAIL b DO'], 'a+ b- b- [FLOW_TURNED_AROUND b] ~a+ => UNDONE'],
    [['FAIL b DO 1'], 'a+ b- b+ c+ => COMPLETED'],
    [['TIMEOUT c DO'], 'a+ b+ c? c? [FLOW_TURNED_AROUND c] ~c+ ~b+ ~a+ => UNDONE'],
    [['FAIL c DO', 'FAIL b UNDO'], 'a+ b+ c- c- [FLOW_TURNED_AROUND c] ~b- ~b- => FAILED'],
    [['DUPLICATE a DO'], 'a+ (a ALREADY_DONE) b+ c+ => COMPLETED'],
  ])('with %j is %s', (faults, trace) => {
    expect(traced(chain(), ...faults)).toBe(trace);
  });

  test('a success after the last timeout meets the open UNDO and owes a round', () => {
    const trace = traced(chain(), 'TIMEOUT b DO 1', 'LATE_SUCCESS b DO 2');
    expect(trace).toBe('a+ b? b? [FLOW_TURNED_AROUND b] ~b! ~b+ ~b+ ~a+ => UNDONE');
  });

  test('a fault of one attempt comes before one of all attempts', () => {
    expect(traced(chain(), 'FAIL a DO', 'DUPLICATE a DO 1')).toBe(
      'a+ (a ALREADY_DONE) b+ c+ => COMPLETED',
    );
  });

  test('that is held ends where an operator has to decide', () => {
    const { flow, events } = simulate(chain('onRetriesExhausted: hold'), [fault('FAIL b DO')]);
    expect([flow.status, flow.held, events.at(-1)?.type]).toEqual([
      'IN_PROGRESS',
      true,
      'FLOW_HELD',
    ]);
  });

  test('turns around at its deadline', () => {
    const trace = traced(chain('deadline: 5s'), 'TIMEOUT b DO');
    expect(trace).toMatch(/^a\+ \[FLOW_TURNED_AROUND\] b\? ~b\+ ~a\+ => UNDONE$/);
  });

  test('answers within timeouts that are shorter than its second', () => {
    expect(
      traced(chain().steps[0] ? { ...chain(), steps: chain().steps.map(short) } : chain()),
    ).toBe('a+ b+ c+ => COMPLETED');
  });

  test('has numbers without gaps, ascending times, and folds to its flow', () => {
    const orchestration = chain();
    const { flow, events } = simulate(orchestration, [fault('TIMEOUT c DO')]);
    expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b));
    const begun = {
      type: 'START',
      flowId: flow.flowId,
      orchestration,
      payload: null,
      headers: {},
      initiator: null,
      idempotencyKey: null,
    } as const;
    const { status, steps, lastEventNumber } = fold(begun, events);
    expect({ status, steps, lastEventNumber }).toEqual({
      status: flow.status,
      steps: flow.steps,
      lastEventNumber: flow.lastEventNumber,
    });
  });

  test('is the same every time; another seed has other waits and the same trace', () => {
    const faults = [fault('FAIL b DO')];
    const first = simulate(chain(), faults);
    expect(simulate(chain(), faults)).toEqual(first);
    const other = simulate(chain(), faults, 7);
    expect(traceOf(other.events)).toBe(traceOf(first.events));
    expect(other.events.map(({ at }) => at)).not.toEqual(first.events.map(({ at }) => at));
  });

  test('is cut where it would have more events than one may have', () => {
    const steps = Array.from(
      { length: 200 },
      (_, index) => `{ seq: ${index + 1}, name: s${index} }`,
    );
    const wide = declared(
      `{ orchestrationName: wide, as: initiator, type: parallel, maxRetries: 1000, backoff: { initial: 0 }, steps: [${steps.join(', ')}] }`,
    );
    const faults = wide.steps.map(({ name }) => fault(`FAIL ${name} DO`));
    const { isCut, events } = simulate(wide, faults);
    expect([isCut, events.length]).toEqual([true, 10_000]);
  });
});

const short = (step: Orchestration['steps'][number]): Orchestration['steps'][number] => ({
  ...step,
  timeoutMs: 1,
});
