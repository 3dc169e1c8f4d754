/**
 * While packages are installed a person sees a count that moves: in a terminal on one line, in a
 * log now and then.
 */
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

interface Options {
  readonly out: { readonly isTTY?: boolean; write(text: string): void };
  readonly clock: () => number;
  readonly every: number;
}
interface Progress {
  withProgress(
    label: string,
    counted: { readonly total: number; readonly count: () => number },
    work: () => Promise<void>,
    options: Options,
  ): Promise<void>;
}
const { withProgress } = (await import(pathToFileURL('src/launch/progress.mjs').href)) as Progress;

/**
 * Installs five packages, one per look at the count, each look two seconds after the one before.
 */
async function watch(isTTY: boolean, failure: Error | null = null): Promise<string[]> {
  const written: string[] = [];
  let [now, count] = [0, 0];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const look = (): number => {
    now += 2_000;
    if (++count === 5) finish();
    return count;
  };
  const work = (): Promise<void> =>
    finished.then(() => {
      if (failure !== null) throw failure;
    });
  const out = { isTTY, write: (text: string) => void written.push(text) };
  const options = { out, clock: () => now, every: 1 };
  await withProgress('Installing packages', { total: 5, count: look }, work, options).catch(
    (error: unknown) => {
      if (error !== failure) throw error;
    },
  );
  return written;
}

test('in a terminal the line moves with every package', async () => {
  const lines = await watch(true);
  const counts = lines.flatMap((line) => /(\d) of 5/.exec(line)?.[1] ?? []);
  expect(counts).toEqual(['1', '2', '3', '4', '5']);
  expect(lines.slice(0, 5).every((line) => line.startsWith('\r\u001b[2K'))).toBe(true);
  expect(lines.at(-1)).toBe('Installing packages: 5 done in 10 s.\n');
});

test('in a log a line comes every five seconds, and none is rewritten', async () => {
  const lines = await watch(false);
  expect(lines).toEqual([
    'Installing packages (5) …\n',
    'Installing packages … 3 of 5 (6 s)\n',
    'Installing packages: 5 done in 10 s.\n',
  ]);
});

test('what fails is not shown as done', async () => {
  const lines = await watch(true, new Error('npm ci failed'));
  expect(lines.join('')).not.toContain('done');
  expect(lines.at(-1)).toBe('\n');
});
