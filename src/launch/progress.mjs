/**
 * Progress while packages are installed: in a terminal one line that is rewritten, elsewhere a line
 * every few seconds.
 */

const LOOK_EVERY_MS = 200;
const LINE_EVERY_MS = 5_000;

/**
 * Shows `label count of total` until `work` settles. `count` is called several times a second and
 * must be cheap. `out` and `clock` are for tests.
 */
export async function withProgress(label, { total, count }, work, options = {}) {
  const { out = process.stderr, clock = () => performance.now(), every = LOOK_EVERY_MS } = options;
  const started = clock();
  const seconds = () => Math.round((clock() - started) / 1000);
  const live = out.isTTY === true;
  let printedAt = started;
  if (!live) out.write(`${label} (${total}) …\n`);
  const show = () => {
    const line = `${label} … ${Math.min(count(), total)} of ${total} (${seconds()} s)`;
    if (live) out.write(`\r\u001b[2K${line}`);
    else if (clock() - printedAt >= LINE_EVERY_MS) {
      printedAt = clock();
      out.write(`${line}\n`);
    }
  };
  const timer = setInterval(show, every);
  if (live) show();
  try {
    await work();
    if (live) out.write('\r\u001b[2K');
    out.write(`${label}: ${total} done in ${seconds()} s.\n`);
  } catch (error) {
    if (live) out.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
