/** Publishes replies: those that come while others are being sent go together. */
import { type Commands, Fault, type WorkerMessage } from '../engine/ports.js';
import type { Log } from '../observability/log.js';

interface Waiting {
  readonly message: WorkerMessage;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 500;
const MOST_CHARACTERS = 4 * 1024 * 1024;

export class Replies {
  private waiting: Waiting[] = [];
  private isSending = false;

  constructor(
    private readonly commands: Pick<Commands, 'send'>,
    private readonly log: Log,
  ) {}

  /** Resolves when the broker has acknowledged it; rejects with a Fault. */
  publish(message: WorkerMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, resolve, reject });
      if (!this.isSending) void this.sendAll();
    });
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    while (this.waiting.length > 0) await this.send(this.batch());
    this.isSending = false;
  }

  private batch(): Waiting[] {
    let characters = 0;
    const index = this.waiting.findIndex(({ message }, at) => {
      characters += message.value.length;
      return at === MOST_AT_ONCE || (at > 0 && characters > MOST_CHARACTERS);
    });
    return this.waiting.splice(0, index < 0 ? this.waiting.length : index);
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.commands.send(batch.map(({ message }) => message));
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      this.log.warn({ err: cause, replies: batch.length }, 'replies could not be published');
      const message = 'the broker did not acknowledge the reply; send it again';
      const fault = new Fault('BROKER_UNAVAILABLE', message, { cause });
      for (const { reject } of batch) reject(fault);
    }
  }
}
