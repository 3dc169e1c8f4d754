/** The end of the process: the first signal stops everything, in order; later ones are the same Ctrl-C, received twice. */
import type { Logs } from '../observability/log.js';
import type { Opened } from './opened.js';

/** What hangs longer than all that may take together is left to the operating system. */
const STOP_ALL_MS = 30_000;

/** Returns what a signal does. */
export function stopOnSignals(opened: Opened, logs: Logs): () => void {
  const stop = (): void => {
    if (opened.isClosing) return;
    setTimeout(() => process.exit(1), STOP_ALL_MS).unref();
    opened.close().then(() => process.exit(process.exitCode ?? 0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!opened.isClosing) logs('main').info({ signal }, 'stopping');
      stop();
    });
  }
  // The launcher was killed without a chance to pass a signal on: nobody else would stop this process.
  process.once('disconnect', stop);
  process.channel?.unref();
  return stop;
}
