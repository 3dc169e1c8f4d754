/**
 * One jest project: TypeScript by swc, ESM (MikroORM cannot be loaded otherwise). testing/run.mjs
 * chooses which folders run.
 */
export default {
  rootDir: '..',
  testEnvironment: 'node',
  roots: ['<rootDir>/testing'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testTimeout: 180_000,
};
