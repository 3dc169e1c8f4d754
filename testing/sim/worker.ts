/**
 * The workers. They keep the contract (docs/protocol.md): either they look at the state and their answers are never lost for good, or
 * they remember keys and refuse a DO whose UNDO they have seen. Everything else they do is up to chance.
 */
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import { TOPICS } from '../../src/wire/topics.js';
import type { Chance } from './chance.js';
import type { Faults } from './faults.js';
import type { Account, Ledger } from './ledger.js';
import type { Topics, Written } from './log.js';
import type { Temper } from './temper.js';
import { EPOCH, type Time } from './time.js';

interface Headers {
  readonly flowId: string;
  readonly stepName: string;
  readonly action: 'DO' | 'UNDO';
  readonly attempt: number;
  readonly round?: number;
  readonly attemptId: string;
  readonly deadline: string;
  readonly orchestrationName: string;
  /** Of its flow. */
  readonly tag: string;
}
export interface Command {
  readonly headers: Headers;
  readonly payload: unknown;
}

export interface Workplace {
  readonly time: Time;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly topics: Topics;
  readonly ledger: Ledger;
  readonly temperOf: (flowId: string) => Temper;
  /** Told of each command as it arrives. */
  readonly received: (topic: string, command: Command) => void;
  /** Told of each record that nobody can read. */
  readonly corrupted: (bytes: Uint8Array) => void;
}

export class Workers {
  /** Commands and answers under way. */
  underWay = 0;

  constructor(private readonly at: Workplace) {}

  /** A command was written: it arrives a little later, now and then twice. */
  take(topic: string, record: Written): void {
    const { chance, faults } = this.at;
    const command = JSON.parse(Buffer.from(record.value ?? new Uint8Array()).toString()) as Command;
    this.at.received(topic, command);
    this.later(faults.happens('slowCommand') ? chance.int(100, 12_000) : chance.wait(5, 40), () =>
      this.work(command),
    );
    if (faults.happens('repeatedCommand'))
      this.later(chance.int(0, 15_000), () => this.work(command));
  }

  private later(ms: number, run: () => void): void {
    this.underWay++;
    this.at.time.after(ms, null, () => {
      this.underWay--;
      run();
    });
  }

  private work(command: Command): void {
    if (this.at.topics.away) this.later(500, () => this.work(command));
    else this.begin(command);
  }

  private begin(command: Command): void {
    const { chance, faults } = this.at;
    const { deadline } = command.headers;
    const inTime = EPOCH + this.at.time.now <= Date.parse(deadline);
    if (faults.happens('silentWorker')) return;
    if (faults.happens('progress'))
      this.send(command, { action: 'PROGRESS', progress: chance.next() }, null);
    const busy = faults.happens('hangingWorker') ? chance.int(500, 12_000) : chance.wait(10, 80);
    this.later(busy, () =>
      command.headers.action === 'DO' ? this.doing(command, inTime) : this.undoing(command),
    );
  }

  private doing(command: Command, inTime: boolean): void {
    const { flowId, stepName, attemptId } = command.headers;
    const temper = this.at.temperOf(flowId);
    const account = this.at.ledger.of(flowId, stepName);
    const refused =
      (temper.keyed && account.undoSeen) ||
      !inTime ||
      this.at.chance.happens(temper.failing[stepName] ?? 0);
    if (account.balance > 0) this.succeed(command, account);
    else if (refused) {
      account.refused.add(attemptId);
      this.fail(command, temper);
    } else this.done(command, account, temper);
  }

  private done(command: Command, account: Account, temper: Temper): void {
    const { flowId, stepName, attemptId } = command.headers;
    account.balance = 1;
    account.output = JSON.stringify({ flow: flowId, step: stepName, by: attemptId });
    // Whoever remembers keys need not answer a command it has not refused before: it counts as unknown, and is undone.
    if (temper.keyed && !account.refused.has(attemptId) && this.at.faults.happens('silentWorker'))
      return;
    this.succeed(command, account);
  }

  private undoing(command: Command): void {
    const { flowId, stepName } = command.headers;
    const temper = this.at.temperOf(flowId);
    const account = this.at.ledger.of(flowId, stepName);
    account.undoSeen = true;
    if (this.at.chance.happens(temper.undoFailing)) this.fail(command, temper);
    else {
      account.balance = 0;
      this.note(command, ['ok']);
      this.send(command, { status: true }, null, () => this.undoing(command));
    }
  }

  private succeed(command: Command, account: Account): void {
    const unreadable = this.at.faults.happens('unreadableReply');
    this.note(command, unreadable ? ['ok', 'failed'] : ['ok']);
    const said = unreadable
      ? { status: 'perhaps' }
      : { status: this.at.chance.pick([true, 'true', 1]) };
    this.send(command, said, account.output, () => this.doing(command, true));
  }

  private fail(command: Command, temper: Temper): void {
    const { chance } = this.at;
    const final = chance.happens(temper.final);
    this.note(command, ['failed']);
    const said = chance.happens(0.3) ? { action: 'FAIL_STEP', status: true } : { status: false };
    this.send(
      command,
      {
        ...said,
        errorMessage: 'it does not work',
        ...(final && chance.pick([{ retryable: false }, { errorCode: 'FATAL' }])),
      },
      null,
    );
  }

  private note({ headers }: Command, said: readonly string[]): void {
    for (const one of said) this.at.ledger.answers.add(`${headers.attemptId} ${one}`);
  }

  /** `again`: the answer must arrive in the end: when it is lost, the command is worked on once more. */
  private send(
    command: Command,
    said: Readonly<Record<string, unknown>>,
    payload: string | null,
    again?: () => void,
  ): void {
    const { chance, faults } = this.at;
    const value = this.bytesOf(command, said, payload);
    if (faults.happens('lostReply')) {
      if (again !== undefined) this.later(chance.int(500, 10_000), again);
      return;
    }
    const wait = (): number =>
      faults.happens('slowReply') ? chance.int(100, 15_000) : chance.wait(5, 40);
    this.later(wait(), () => this.write(value));
    if (faults.happens('repeatedReply'))
      this.later(wait() + chance.int(0, 5_000), () => this.write(value));
    if (faults.happens('corruptReply')) this.later(wait(), () => this.corrupt(value));
    if (faults.happens('foreignReply')) this.later(wait(), () => this.write(this.foreign(command)));
  }

  private bytesOf(
    { headers }: Command,
    said: Readonly<Record<string, unknown>>,
    payload: string | null,
  ): Uint8Array {
    const { flowId, stepName, action } = headers;
    const own = this.at.temperOf(flowId).echoes ? headers : { flowId, stepName, action };
    return Buffer.from(
      `{"headers":${JSON.stringify({ ...own, ...said })},"payload":${payload ?? 'null'}}`,
    );
  }

  /** An answer to what nobody asked: an attempt that does not exist, or a flow. */
  private foreign({ headers }: Command): Uint8Array {
    const { flowId, stepName, action, attempt } = headers;
    const attemptId = attemptIdOf(flowId, {
      stepName,
      action,
      round: action === 'DO' ? 0 : 99,
      attempt: attempt + 50,
    });
    const said = this.at.chance.pick([
      { flowId: `${flowId}x` },
      { stepName: 'nobody' },
      { attemptId },
    ]);
    return Buffer.from(
      JSON.stringify({
        headers: { ...headers, status: true, ...said },
        payload: { flow: 'foreign' },
      }),
    );
  }

  private corrupt(value: Uint8Array): void {
    const bytes = Uint8Array.from(value.subarray(0, value.length - this.at.chance.int(1, 20)));
    this.at.corrupted(bytes);
    this.write(bytes);
  }

  private write(value: Uint8Array): void {
    if (this.at.topics.away) this.later(500, () => this.write(value));
    else
      this.at.topics.append(
        TOPICS.replies,
        { key: null, value, headers: {} },
        this.at.chance.int(0, 1000),
      );
  }
}
