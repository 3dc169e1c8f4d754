/** Looks at the effects of a flow by a command of the user's. */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(exec);
const WITHIN_MS = 30_000;

/** Flow ids are the suite's own: letters, digits and hyphens. */
export function effectsBy(command: string): (flowId: string) => Promise<number> {
  return async (flowId) => {
    const line = command.replaceAll('{flowId}', flowId);
    const { stdout } = await run(line, { timeout: WITHIN_MS });
    const text = stdout.trim();
    const count = Number(text);
    if (text !== '' && Number.isFinite(count)) return count;
    throw new Error(`--effects printed ${JSON.stringify(text.slice(0, 100))}; expected a number`);
  };
}
