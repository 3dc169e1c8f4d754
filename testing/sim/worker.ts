/**
 * The workers. They keep the contract (docs/protocol.md): either they look at the state and their
 * answers are never lost for good, or they remember keys and refuse a DO whose UNDO they have
 * observations. Everything else they do is up to random.
 */
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import { TOPICS } from '../../src/wire/topics.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Faults } from './faults.js';
import type { Account, Ledger } from './ledger.js';
import type { Topics, Written } from './log.js';
import { EPOCH, type Time } from './time.js';
import type { WorkerBehaviour } from './worker-behaviour.js';

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
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly topics: Topics;
  readonly ledger: Ledger;
  readonly behaviourOf: (flowId: string) => WorkerBehaviour;
  /** Called with each command as it arrives. */
  readonly received: (topic: string, command: Command) => void;
  /** Called with each record that nobody can read. */
  readonly corrupted: (bytes: Uint8Array) => void;
}

export class Workers {
  /** Commands and answers under way. */
  underWay = 0;

  constructor(private readonly at: Workplace) {}

  /** A command was written: it arrives a little later, now and then twice. */
  take(topic: string, record: Written): void {
    const { random, faults } = this.at;
    const command = JSON.parse(Buffer.from(record.value ?? new Uint8Array()).toString()) as Command;
    this.at.received(topic, command);
    this.later(faults.happens('slowCommand') ? random.int(100, 12_000) : random.wait(5, 40), () =>
      this.work(command),
    );
    if (faults.happens('repeatedCommand'))
      this.later(random.int(0, 15_000), () => this.work(command));
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
    const { random, faults } = this.at;
    const { deadline } = command.headers;
    const inTime = EPOCH + this.at.time.now <= Date.parse(deadline);
    if (faults.happens('silentWorker')) return;
    if (faults.happens('progress'))
      this.send(command, { action: 'PROGRESS', progress: random.next() }, null);
    const busy = faults.happens('hangingWorker') ? random.int(500, 12_000) : random.wait(10, 80);
    this.later(busy, () =>
      command.headers.action === 'DO' ? this.doing(command, inTime) : this.undoing(command),
    );
  }

  private doing(command: Command, inTime: boolean): void {
    const { flowId, stepName, attemptId } = command.headers;
    const behaviour = this.at.behaviourOf(flowId);
    const account = this.at.ledger.of(flowId, stepName);
    const refused =
      (behaviour.keyed && account.undoSeen) ||
      !inTime ||
      this.at.random.happens(behaviour.failing[stepName] ?? 0);
    if (account.balance > 0) this.succeed(command, account);
    else if (refused) {
      account.refused.add(attemptId);
      this.fail(command, behaviour);
    } else this.done(command, account, behaviour);
  }

  private done(command: Command, account: Account, behaviour: WorkerBehaviour): void {
    const { flowId, stepName, attemptId } = command.headers;
    account.balance = 1;
    account.output = JSON.stringify({ flow: flowId, step: stepName, by: attemptId });
    // Whoever remembers keys need not answer a command it has not refused before: it counts as
    // unknown, and is undone.
    if (
      behaviour.keyed &&
      !account.refused.has(attemptId) &&
      this.at.faults.happens('silentWorker')
    )
      return;
    this.succeed(command, account);
  }

  private undoing(command: Command): void {
    const { flowId, stepName } = command.headers;
    const behaviour = this.at.behaviourOf(flowId);
    const account = this.at.ledger.of(flowId, stepName);
    account.undoSeen = true;
    if (this.at.random.happens(behaviour.undoFailing)) this.fail(command, behaviour);
    else {
      account.balance = 0;
      this.note(command, ['ok']);
      this.send(command, { status: true }, null, () => this.undoing(command));
    }
  }

  private succeed(command: Command, account: Account): void {
    const unreadable = this.at.faults.happens('unreadableReply');
    this.note(command, unreadable ? ['ok', 'failed'] : ['ok']);
    const fields = unreadable
      ? { status: 'perhaps' }
      : { status: this.at.random.pick([true, 'true', 1]) };
    this.send(command, fields, account.output, () => this.doing(command, true));
  }

  private fail(command: Command, behaviour: WorkerBehaviour): void {
    const { random } = this.at;
    const final = random.happens(behaviour.final);
    this.note(command, ['failed']);
    const fields = random.happens(0.3) ? { action: 'FAIL_STEP', status: true } : { status: false };
    this.send(
      command,
      {
        ...fields,
        errorMessage: 'it does not work',
        ...(final && random.pick([{ retryable: false }, { errorCode: 'FATAL' }])),
      },
      null,
    );
  }

  private note({ headers }: Command, results: readonly string[]): void {
    for (const one of results) this.at.ledger.answers.add(`${headers.attemptId} ${one}`);
  }

  /**
   * `again`: the answer must arrive in the end: when it is lost, the command is worked on once
   * more.
   */
  private send(
    command: Command,
    fields: Readonly<Record<string, unknown>>,
    payload: string | null,
    again?: () => void,
  ): void {
    const { random, faults } = this.at;
    const value = this.bytesOf(command, fields, payload);
    if (faults.happens('lostReply')) {
      if (again !== undefined) this.later(random.int(500, 10_000), again);
      return;
    }
    const wait = (): number =>
      faults.happens('slowReply') ? random.int(100, 15_000) : random.wait(5, 40);
    this.later(wait(), () => this.write(value));
    if (faults.happens('repeatedReply'))
      this.later(wait() + random.int(0, 5_000), () => this.write(value));
    if (faults.happens('corruptReply')) this.later(wait(), () => this.corrupt(value));
    if (faults.happens('foreignReply')) this.later(wait(), () => this.write(this.foreign(command)));
  }

  private bytesOf(
    { headers }: Command,
    fields: Readonly<Record<string, unknown>>,
    payload: string | null,
  ): Uint8Array {
    const { flowId, stepName, action } = headers;
    const own = this.at.behaviourOf(flowId).echoes ? headers : { flowId, stepName, action };
    return Buffer.from(
      `{"headers":${JSON.stringify({ ...own, ...fields })},"payload":${payload ?? 'null'}}`,
    );
  }

  /** A reply to an attempt, step or flow that does not exist. */
  private foreign({ headers }: Command): Uint8Array {
    const { flowId, stepName, action, attempt } = headers;
    const attemptId = attemptIdOf(flowId, {
      stepName,
      action,
      round: action === 'DO' ? 0 : 99,
      attempt: attempt + 50,
    });
    const fields = this.at.random.pick([
      { flowId: `${flowId}x` },
      { stepName: 'nobody' },
      { attemptId },
    ]);
    return Buffer.from(
      JSON.stringify({
        headers: { ...headers, status: true, ...fields },
        payload: { flow: 'foreign' },
      }),
    );
  }

  private corrupt(value: Uint8Array): void {
    const bytes = Uint8Array.from(value.subarray(0, value.length - this.at.random.int(1, 20)));
    this.at.corrupted(bytes);
    this.write(bytes);
  }

  private write(value: Uint8Array): void {
    if (this.at.topics.away) this.later(500, () => this.write(value));
    else
      this.at.topics.append(
        TOPICS.replies,
        { key: null, value, headers: {} },
        this.at.random.int(0, 1000),
      );
  }
}
