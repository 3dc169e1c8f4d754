/**
 * Calls back when the parent process has ended: npm, or the shell it starts, may end without
 * passing a signal on.
 */
const LOOK_EVERY_MS = 500;

export function whenParentEnds(then) {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    then();
  }, LOOK_EVERY_MS);
  look.unref();
}
