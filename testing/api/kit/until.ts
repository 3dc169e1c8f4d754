/** Waits for a real condition, with a deadline that reports what did not happen. */
export async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Repeats until it holds; the test's own time is the bound. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
