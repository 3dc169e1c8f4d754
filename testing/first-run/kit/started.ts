/** A command a newcomer types, as a process with everything it starts; its output is waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Member {
  readonly pid: number;
  readonly parent: number;
}
interface ProcessTree {
  familiesOf(pids: readonly number[]): Member[];
  stillRuns(member: Member): boolean;
  endFamilies(pids: readonly number[]): Promise<void>;
}
const { familiesOf, stillRuns, endFamilies } = (await import(
  pathToFileURL(resolve('testing/process-tree.mjs')).href
)) as ProcessTree;

const LOOK_EVERY_MS = 20;

export class Started {
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();

  constructor(
    command: string,
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    // npx runs a package on the first Node of the path.
    const path = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`;
    const env = { ...process.env, PATH: path, ...options.env };
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const listener of this.listeners) listener();
      });
    this.ended = new Promise((done) => this.child.on('close', done));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves with the first match; rejects when the process has ended without one. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((done, failed) => {
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (match === null) return;
        this.listeners.delete(look);
        done(match);
      };
      this.listeners.add(look);
      look();
      void this.ended.then((code) =>
        failed(new Error(`it ended (${code}) without ${pattern}:\n${this.output}`)),
      );
    });
  }

  family(): Member[] {
    return familiesOf([this.pid]);
  }

  /** Its family once a command like this is in it: what starts a program prints before it does. */
  async familyWith(command: RegExp): Promise<Member[]> {
    for (;;) {
      const family = this.family();
      if (family.some(({ pid }) => command.test(commandOf(pid)))) return family;
      if (family.length === 0) throw new Error(`it ended without starting ${command}`);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  end(): Promise<void> {
    return endFamilies([this.pid]);
  }
}

/** Empty: it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/**
 * Resolves when all of them have ended; a process that is not our child cannot be waited for
 * otherwise.
 */
export async function gone(family: readonly Member[]): Promise<void> {
  while (family.some(stillRuns)) await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
}
