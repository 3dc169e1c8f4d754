/** Processes of a benchmark. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A child that sends `{ready: true}`. */
export async function readyChild(file, ...args) {
  const child = fork(join(import.meta.dirname, file), args, {
    // kafkajs counts some timeouts from the wrong end, harmlessly, and Node warns of it.
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready`);
  });
  gone.catch(() => undefined);
  for (;;) {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    if (message.ready) return child;
  }
}

export async function endChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Ctrl-C ends what was started, too. */
export function endedBySignal(stack) {
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(130)));
}
