/**
 * Ends the process: the first signal stops everything in order; later ones are ignored (a terminal
 * may send Ctrl-C twice).
 */
import type { Logs } from '../observability/log.js';
import type { Opened } from './opened.js';

/** After this time the process exits, even if something has not stopped. */
const STOP_ALL_MS = 30_000;

/** Installs the handlers, and returns the function that they call. */
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
  // The launcher was killed, and could not pass a signal on.
  process.once('disconnect', stop);
  process.channel?.unref();
  return stop;
}
