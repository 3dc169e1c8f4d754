/**
 * How jest runs the tests (testing/run.mjs chooses the folders): Node loads the modules, so that a
 * file does not load the gateway anew (jest/runtime.mjs).
 */
export default {
  rootDir: '..',
  testEnvironment: '<rootDir>/testing/jest/environment.mjs',
  runtime: '<rootDir>/testing/jest/runtime.mjs',
  roots: ['<rootDir>/testing'],
  testMatch: ['**/*.test.ts'],
  // They need what only jest.isolated.config.mjs gives them.
  testPathIgnorePatterns: ['<rootDir>/testing/sim/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testTimeout: 180_000,
};
