import { describe, expect, test } from '@jest/globals';
import { readPolicy } from '../../src/wire/policies.js';

const nothing = {
  maxRetries: null,
  undoMaxRetries: null,
  timeoutMs: null,
  undoTimeoutMs: null,
  backoff: null,
};

describe('a policy', () => {
  test('is read as a document is', () => {
    const backoff = { initial: '1s', factor: 1.5, max: 2000, jitter: 'NONE' };
    const fields = { maxRetries: 0, undoMaxRetries: 1000, timeoutMs: 1, undoTimeoutMs: 31_536e6 };
    expect(readPolicy({ ...fields, backoff })).toEqual({
      values: { ...fields, backoff: { initialMs: 1000, factor: 1.5, maxMs: 2000, jitter: 'none' } },
      problems: [],
    });
  });

  test.each([{}, nothing, { maxRetries: undefined, backoff: {} }, { backoff: { initial: null } }])(
    'may leave everything out (%#)',
    (fields) => {
      expect(readPolicy(fields)).toEqual({ values: nothing, problems: [] });
    },
  );

  test.each([
    [{ maxRetries: -1 }, 'maxRetries'],
    [{ maxRetries: 1001 }, 'maxRetries'],
    [{ undoMaxRetries: 1.5 }, 'undoMaxRetries'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ undoTimeoutMs: 31_536e6 + 1 }, 'undoTimeoutMs'],
    [{ backoff: 'fast' }, 'backoff'],
    [{ backoff: { factor: 0.5 } }, 'backoff.factor'],
    [{ backoff: { max: '400d' } }, 'backoff.max'],
  ])('out of range is a problem with its path (%j)', (fields, path) => {
    const { problems } = readPolicy(fields);
    expect(problems).toMatchObject([{ code: 'FIELD_INVALID', path, line: null, suggestions: [] }]);
    expect(problems[0]?.message).toMatch(/must be .*, not /);
  });

  test('an unknown field of backoff has a suggestion, and all problems come at once', () => {
    const { problems } = readPolicy({ backoff: { inital: 1, zzzzzz: 2 }, maxRetries: 'many' });
    expect(problems).toMatchObject([
      { code: 'UNKNOWN_FIELD', path: 'backoff.inital', suggestions: ['initial'] },
      { code: 'UNKNOWN_FIELD', path: 'backoff.zzzzzz', suggestions: [] },
      { code: 'FIELD_INVALID', path: 'maxRetries' },
    ]);
    expect(problems[0]?.message).toContain('did you mean initial?');
    expect(problems[1]?.message).toContain('known are initial, factor, max, jitter');
  });
});
