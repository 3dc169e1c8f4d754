/**
 * jest's own way: modules compiled by jest, a context of its own for each test file. For rings that
 * count what is covered, and for simulated worlds, which replace the clocks of their globals: jest
 * itself would live in such a world. ESM, because MikroORM cannot be loaded otherwise.
 */
import { OPTIONS } from './jest/swc.mjs';

export default {
  rootDir: '..',
  testEnvironment: 'node',
  roots: ['<rootDir>/testing'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { ...OPTIONS, sourceMaps: 'inline' }] },
  testTimeout: 180_000,
};
