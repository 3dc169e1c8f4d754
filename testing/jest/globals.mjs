/** What `@jest/globals` is to a test file: the functions of its own run. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } =
  globalThis[Symbol.for('backstep.jest')];
