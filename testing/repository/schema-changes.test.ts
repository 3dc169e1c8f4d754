/** The check of breaking changes finds them. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** Runs the program in a folder with this schema and the released one. */
async function compared(schema: string): Promise<{ readonly code: number; readonly out: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-schema-'));
  try {
    for (const name of ['schema', 'testing/fixtures'])
      mkdirSync(join(folder, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'schema/schema.graphql'), schema);
    for (const file of ['testing/schema-changes.mjs', 'testing/fixtures/schema-released.graphql'])
      writeFileSync(join(folder, file), readFileSync(file));
    const run = promisify(execFile)(process.execPath, ['testing/schema-changes.mjs'], {
      cwd: folder,
    });
    return await run.then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, out: stdout }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const now = readFileSync('schema/schema.graphql', 'utf8');

test('the current schema breaks no client of the last release', async () => {
  expect((await compared(now)).code).toBe(0);
});

test.each([
  [
    'a field that is gone',
    (text: string) => text.replace('failureReason: String', 'reasonOfFailure: String'),
    'FIELD_REMOVED',
  ],
  [
    'a type that changed',
    (text: string) => text.replace('lastEventNumber: Int!', 'lastEventNumber: String!'),
    'FIELD_CHANGED_KIND',
  ],
  [
    'a required argument more',
    (text: string) =>
      text.replace('input CancelFlowInput {', 'input CancelFlowInput {\n  ticket: String!'),
    'REQUIRED_INPUT_FIELD_ADDED',
  ],
  [
    'a value that is gone',
    (text: string) => text.replace(/^ {2}CANCELLED$/m, '  CANCELED'),
    'VALUE_REMOVED_FROM_ENUM',
  ],
])('%s ends it with 1', async (_what, change, type) => {
  const changed = change(now);
  expect(changed).not.toBe(now);
  expect(await compared(changed)).toEqual({
    code: 1,
    out: expect.stringContaining(`breaking: ${type}`),
  });
});
