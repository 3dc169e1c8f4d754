/** The walls are real: what breaks one is found. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Puts a file into a room and asks the walls about that folder. */
async function brokenBy(room: string, text: string): Promise<string> {
  const folder = mkdtempSync(join('src', room, 'wall-'));
  folders.push(folder);
  writeFileSync(join(folder, 'intruder.ts'), text);
  const args = ['node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', '--config', 'testing/walls.cjs', join(folder, 'intruder.ts')];
  return run(process.execPath, args).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

test.each([
  ['saga', "import { Road } from '../../engine/road.js';\nexport const intruder = Road;\n"],
  ['saga', "import { readFileSync } from 'node:fs';\nexport const intruder = readFileSync;\n"],
  ['wire', "import { openKafka } from '../../kafka/client.js';\nexport const intruder = openKafka;\n"],
  ['engine', "import { openPostgres } from '../../postgres/database.js';\nexport const intruder = openPostgres;\n"],
  ['postgres', "import { createWire } from '../../wire/commands.js';\nexport const intruder = createWire;\n"],
  ['kafka', "import { openApi } from '../../api/server.js';\nexport const intruder = openApi;\n"],
  ['embedded', "import { openKafka } from '../../kafka/client.js';\nexport const intruder = openKafka;\n"],
  ['api', "import { openPostgres } from '../../postgres/database.js';\nexport const intruder = openPostgres;\n"],
  ['demo', "import { Road } from '../../engine/road.js';\nexport const intruder = Road;\n"],
  ['observe', "import { advance } from '../../saga/advance.js';\nexport const intruder = advance;\n"],
])('an intruder in %s is found', async (room, text) => {
  expect(await brokenBy(room, text)).toContain(`${room}-knows-its-neighbours`);
});
