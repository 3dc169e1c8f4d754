/**
 * The broker port over @platformatic/kafka: its producer, its consumer, or both; what is
 * administration stays with the gateway's own client. Loaded instead of src/kafka/client
 * (swap.mjs).
 */
import { PlatformaticIntake } from './intake.mjs';
import { platformatic } from './package.mjs';
import { PlatformaticSender } from './sender.mjs';

const { searchParams } = new URL(import.meta.url);
const instead = searchParams.get('instead');
const which = searchParams.get('which');
const extension = new URL(instead).pathname.endsWith('.ts') ? 'ts' : 'js';
const ours = (name) => import(new URL(`${name}.${extension}`, instead).href);

export async function openKafka(options) {
  const client = await platformatic();
  const { newAdmin, newProducer } = await ours('connection');
  const { TopicsAdmin } = await ours('topics-admin');
  const { KafkaPublisher } = await ours('publisher');
  const { KafkaInspector } = await ours('inspection');
  const { WorkerLags } = await ours('worker-lag');
  const topics = new TopicsAdmin(() => newAdmin(options), options);
  const sender = async () => {
    if (which !== 'consumer')
      return new PlatformaticSender({ client, ...(await ours('failures')) }, options);
    const { Sender } = await ours('sender');
    return new Sender(() => newProducer(options), options.compression);
  };
  const publisher = new KafkaPublisher(
    await sender(),
    topics,
    options.maxMessageBytes,
    options.log,
  );
  const reading = async () => {
    if (which === 'producer') return new (await ours('consumer')).Intake(topics, options);
    const { Places, isAnother } = await ours('places');
    const { deliveriesOf } = await ours('deliveries');
    const { pause } = await ours('../timing/pause');
    return new PlatformaticIntake(
      { client, Places, isAnother, deliveriesOf, pause },
      topics,
      options,
    );
  };
  const intake = await reading();
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
