/** What was begun and not finished, on disk. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

export class Journal {
  constructor(file) {
    this.file = file;
    const open = new Map();
    for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      if (!line.endsWith('.')) continue;
      const { command, done } = JSON.parse(line.slice(0, -1));
      if (done === undefined) open.set(command.headers.attemptId, command);
      else open.delete(done);
    }
    /** Begun by a process that died. */
    this.left = [...open.values()];
  }

  /** Returns what to call when it is finished. */
  begin(command) {
    appendFileSync(this.file, `${JSON.stringify({ command })}.\n`);
    return () =>
      appendFileSync(this.file, `${JSON.stringify({ done: command.headers.attemptId })}.\n`);
  }

  clear() {
    writeFileSync(this.file, '');
  }
}
