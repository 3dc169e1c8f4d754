/** The worker, as a process that the suite starts and kills. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { environmentWith } from '../../config/config.js';
import type { WorkerProcess } from '../../conformance/lane.js';

export class OwnProcess implements WorkerProcess {
  private child: ChildProcess | null = null;

  constructor(
    private readonly command: readonly string[],
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  async start(): Promise<void> {
    const [program = '', ...values] = this.command;
    const env = environmentWith(this.environment);
    // A group of its own, which is killed as a whole: programs like npm start others.
    const child = spawn(program, values, { env, detached: true, stdio: ['ignore', 2, 2] });
    await once(child, 'spawn').catch((error: Error) => {
      throw new Error(`the worker could not be started: ${error.message}`);
    });
    this.child = child;
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }
}
