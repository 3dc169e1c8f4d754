import { describe, expect, test } from '@jest/globals';
import { newFlowId } from '../../src/engine/intake/flow-id.js';
import { samePayload } from '../../src/engine/intake/payload-equality.js';
import { changesBetween, sameContent } from '../../src/engine/registry/definition-changes.js';
import { sequential, stepDefinition } from './builders.js';

describe('flow ids', () => {
  test('are UUIDs of version 7, and later ones sort after earlier ones', () => {
    expect(newFlowId()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(newFlowId(1000) < newFlowId(2000)).toBe(true);
    expect(newFlowId()).not.toBe(newFlowId());
  });
});

describe('the same payload', () => {
  test('may have its keys in another order and other white space', () => {
    expect(
      samePayload('{"a":1,"b":[{"c":2,"d":null}]}', '{ "b": [{"d": null, "c": 2}], "a": 1 }'),
    ).toBe(true);
  });
  test('differs in any value, list order or big number', () => {
    expect(samePayload('{"a":1}', '{"a":2}')).toBe(false);
    expect(samePayload('[1,2]', '[2,1]')).toBe(false);
    expect(samePayload('{"a":9007199254740993}', '{"a":9007199254740992}')).toBe(false);
    expect(samePayload('{"a":"1"}', '{"a":1}')).toBe(false);
    expect(samePayload(null, '{}')).toBe(false);
    expect(samePayload(null, null)).toBe(true);
  });
});

describe('what a re-registration changes', () => {
  const before = sequential('o', 'a', 'b');
  test('is nothing when the content is equal', () => {
    expect(sameContent(before, sequential('o', 'a', 'b'))).toBe(true);
    expect(changesBetween(before, before, 3)).toEqual([]);
  });
  test('is listed step by step, breaking or not, with the flows in flight', () => {
    const steps = [stepDefinition(1, 'b', { maxRetries: 5 }), stepDefinition(2, 'c')];
    const changes = changesBetween(
      before,
      { ...before, type: 'PARALLEL', steps, deadlineMs: 5 },
      3,
    );
    expect(
      changes.map(({ kind, breaking, flowsInFlight }) => [kind, breaking, flowsInFlight]),
    ).toEqual([
      ['TYPE_CHANGED', true, 3],
      ['STEP_REMOVED', true, 3],
      ['STEP_CHANGED', false, 3],
      ['STEP_CHANGED', false, 3],
      ['STEP_ADDED', true, 3],
      ['ORCHESTRATION_CHANGED', false, 3],
    ]);
    expect(changes[3]?.description).toBe('step b: maxRetries 1 becomes 5');
  });
  test('of a payloadSchema is breaking when one comes or changes, and safe when it goes', () => {
    const typed = { ...before, payloadSchema: { type: 'object' } };
    const ofStep = {
      ...before,
      steps: [stepDefinition(1, 'a', { payloadSchema: {} }), stepDefinition(2, 'b')],
    };
    const breaking = (one: typeof before, other: typeof before): boolean[] =>
      changesBetween(one, other, 0).map((change) => change.breaking);
    expect([breaking(before, typed), breaking(typed, before)]).toEqual([[true], [false]]);
    expect([breaking(before, ofStep), breaking(ofStep, before)]).toEqual([[true], [false]]);
    expect(breaking(typed, { ...typed, payloadSchema: { type: 'string' } })).toEqual([true]);
    expect(sameContent(before, typed)).toBe(false);
    expect(sameContent(before, { ...before, payloadSchema: null })).toBe(true);
  });
  test('names a new order', () => {
    const steps = [stepDefinition(1, 'b'), stepDefinition(2, 'a')];
    expect(changesBetween(before, { ...before, steps }, 0).map(({ kind }) => kind)).toContain(
      'STEPS_REORDERED',
    );
  });
});
