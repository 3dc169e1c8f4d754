/**
 * A program beside the test: what it prints, how it ends. It leads a process group of its own, as
 * if started from a terminal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Needed, needed, poll, until } from './until.js';

export const ROOT = resolve(import.meta.dirname, '../../..');

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child implements Needed {
  private printed = '';
  private ending: Ending | null = null;
  private isEnded = false;
  private readonly process: ChildProcess;

  /**
   * `env` is added to the little of ours that every program needs: nothing else of the test's own
   * settings reaches it.
   */
  constructor(
    readonly name: string,
    command: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
    cwd: string = ROOT,
  ) {
    const [program, ...args] = command;
    this.process = spawn(program, args, {
      cwd,
      env: { ...inherited(), ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.printed += chunk.toString();
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.process.on('error', (error) => {
      this.printed += `${error.message}\n`;
      this.ending = { code: null, signal: null };
    });
    this.process.on('exit', (code, signal) => {
      this.ending = { code, signal };
    });
  }

  get pid(): number {
    if (this.process.pid === undefined)
      throw new Error(`${this.name} was not started: ${this.printed}`);
    return this.process.pid;
  }
  get output(): string {
    return this.printed;
  }
  get ended(): Ending | null {
    return this.ending;
  }

  /**
   * The test goes on only while it runs: when it ends and no signal of the test ended it, whatever
   * waits fails at once.
   */
  isNeeded(): void {
    needed.add(this);
  }
  get lost(): string | null {
    if (this.ending === null || this.isEnded) return null;
    const { code, signal } = this.ending;
    return `${this.name} has ended, ${signal ?? `with ${code}`}${this.tail()}`;
  }

  /**
   * The first match in what it printed; throws with the tail of it when the program ends before.
   */
  async prints(pattern: RegExp, withinMs = 120_000): Promise<RegExpExecArray> {
    const found = await until(
      `${this.name} prints ${pattern}`,
      () => pattern.exec(this.printed) ?? (this.ending === null ? null : 'ended'),
      withinMs,
    ).catch((error: unknown) => this.complain(String(error)));
    return found === 'ended' ? this.complain('ended') : found;
  }

  /** Throws with the last lines it printed. */
  complain(what: string): never {
    throw new Error(`${this.name}: ${what}${this.tail()}`);
  }

  private tail(): string {
    return `\n--- its last lines ---\n${this.printed.slice(-4000)}`;
  }

  /** A signal to the process alone. */
  send(signal: NodeJS.Signals): void {
    this.ends(signal);
    if (this.ending === null) this.process.kill(signal);
  }

  /** A signal to the whole group, as Ctrl-C in a terminal sends it. */
  sendGroup(signal: NodeJS.Signals): void {
    this.ends(signal);
    if (this.ending === null) process.kill(-this.pid, signal);
  }

  /** A process that was stopped or continued must not end. */
  private ends(signal: NodeJS.Signals): void {
    if (this.ending === null && !/^SIG(STOP|CONT|USR)/.test(signal)) this.isEnded = true;
  }

  async end(withinMs = 90_000): Promise<Ending> {
    needed.delete(this);
    return poll(`${this.name} ends`, () => this.ending, withinMs);
  }

  /** Ends it gently, then by force: for the end of a test, whatever the test did. */
  async [Symbol.asyncDispose](): Promise<void> {
    needed.delete(this);
    const family = this.ending === null ? descendantsOf(this.pid) : [];
    this.send('SIGTERM');
    await this.end(20_000).catch(() => this.sendGroup('SIGKILL'));
    await this.end();
    for (const one of family) if (one.lives()) process.kill(one.pid, 'SIGKILL');
  }
}

function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'JAVA_HOME', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** A process by id and start time, so that an id given out again is not taken for it. */
export interface Relative {
  readonly pid: number;
  readonly command: string;
  lives(): boolean;
}

/** Everything this process started, directly or not, wherever it put it. */
export function descendantsOf(pid: number): Relative[] {
  const table = everything();
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const row of table) if (family.has(row.parent)) family.add(row.pid);
  }
  family.delete(pid);
  return table.filter((row) => family.has(row.pid)).map(relative);
}

/** Everything whose working folder is this one or below it: an orphan is found by that, too. */
export function workingIn(folder: string): Relative[] {
  const inside = ({ pid }: Status): boolean => {
    try {
      return `${readlinkSync(join('/proc', String(pid), 'cwd'))}/`.startsWith(`${folder}/`);
    } catch {
      return false;
    }
  };
  return everything().filter(inside).map(relative);
}

function everything(): Status[] {
  return readdirSync('/proc').flatMap((entry) =>
    /^\d+$/.test(entry) ? (statusOf(Number(entry)) ?? []) : [],
  );
}

function relative({ pid, command, startedAt }: Status): Relative {
  return { pid, command, lives: () => statusOf(pid)?.startedAt === startedAt };
}

interface Status {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly startedAt: string | undefined;
}

/** Null: gone, or ended and not yet reaped by its parent. */
function statusOf(pid: number): Status | null {
  try {
    const text = readFileSync(join('/proc', String(pid), 'stat'), 'utf8');
    const close = text.lastIndexOf(')');
    const fields = text.slice(close + 2).split(' ');
    if (fields[0] === 'Z') return null;
    return {
      pid,
      parent: Number(fields[1]),
      command: text.slice(text.indexOf('(') + 1, close),
      startedAt: fields[19],
    };
  } catch {
    return null;
  }
}
