/**
 * Layer 4b, Kafka. Knows: the Kafka client and its defects. Refuses to know: SQL, HTTP, what a
 * message means. In: rows to publish, topics to create. Out: deliveries, in the order of each
 * partition. This file: assembles the broker port.
 */
import type { Broker } from '../engine/ports.js';
import { type KafkaOptions, newAdmin, newProducer } from './connection.js';
import { Intake } from './consumer.js';
import { KafkaInspector } from './inspection.js';
import { KafkaPublisher } from './publisher.js';
import { Sender } from './sender.js';
import { TopicsAdmin } from './topics-admin.js';
import { WorkerLags } from './worker-lag.js';

export async function openKafka(options: KafkaOptions): Promise<Broker> {
  const topics = new TopicsAdmin(() => newAdmin(options), options);
  const publisher = new KafkaPublisher(
    new Sender(() => newProducer(options), options.compression),
    topics,
    options.maxMessageBytes,
    options.log,
  );
  const intake = new Intake(topics, options);
  const inspector = new KafkaInspector(() => newAdmin(options));
  const lags = new WorkerLags(() => newAdmin(options), options.lagEveryMs);
  return {
    publisher,
    ensureTopics: (names) => topics.ensure(names),
    consume: (feed, inbox) => intake.start(feed, inbox),
    stopConsuming: () => intake.stop(),
    health: () => intake.health(),
    inspect: (place) => inspector.inspect(place),
    workerLag: () => lags.known(),
    async close() {
      await intake.stop();
      await lags.close();
      await publisher.close();
      await topics.close();
    },
  };
}
