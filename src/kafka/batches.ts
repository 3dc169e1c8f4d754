/**
 * Batches under way. A client leaves its group only when its batches have ended, and joins it again
 * when one ends later; one that waits for the database may take long. So for the client a batch
 * ends when its consumer is left.
 */
import type { Consumer } from 'kafkajs';

export class Batches {
  private readonly underWay = new Set<Promise<void>>();
  private readonly gone = new WeakMap<Consumer, PromiseWithResolvers<never>>();

  /** From now on its batches can be given up. */
  of(consumer: Consumer): Consumer {
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => undefined);
    this.gone.set(consumer, left);
    return consumer;
  }

  /** Ends with the batch, or by an error when the consumer is left. */
  during(consumer: Consumer, batch: Promise<void>): Promise<void> {
    this.underWay.add(batch);
    const ended = batch.finally(() => this.underWay.delete(batch));
    return Promise.race([ended, this.gone.get(consumer)?.promise ?? ended]);
  }

  /** What its batches have given to the engine is recorded all the same. */
  give(consumer: Consumer): void {
    this.gone.get(consumer)?.reject(new Error('the consumer has left its group'));
  }

  /** Resolves when all have ended, those of consumers that were left, too. */
  settled(): Promise<unknown> {
    return Promise.allSettled(this.underWay);
  }
}
