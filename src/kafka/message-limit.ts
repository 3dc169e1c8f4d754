/**
 * `max.message.bytes` of existing topics: when they were created with other settings, they may
 * accept less than the gateway sends.
 */
import kafkajs, { type Admin } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { messageOf } from './failures.js';

const LIMIT = 'max.message.bytes';
/** Kafka's config source DYNAMIC_TOPIC_CONFIG: it was set on the topic itself. */
const OF_TOPIC = 1;

interface Settings {
  readonly brokers: readonly string[];
  readonly maxMessageBytes: number;
  readonly log: Log;
}

/**
 * Raises the limit where it is lower. Returns the topics whose limit was raised; where Kafka does
 * not allow it, the command to run is logged.
 */
export async function raiseMessageLimit(
  admin: Admin,
  topics: readonly string[],
  settings: Settings,
): Promise<readonly string[]> {
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    resources: topics.map((name) => ({ type, name })),
    includeSynonyms: false,
  });
  const raised: string[] = [];
  for (const { resourceName, configEntries } of resources) {
    const now = Number(configEntries.find(({ configName }) => configName === LIMIT)?.configValue);
    if (!(now < settings.maxMessageBytes)) continue;
    // The request replaces all settings of the topic, so the others are included.
    const others = configEntries.filter(
      (entry) => Number(entry.configSource) === OF_TOPIC && entry.configName !== LIMIT,
    );
    const entries = [
      ...others.map(({ configName: name, configValue: value }) => ({ name, value })),
      { name: LIMIT, value: String(settings.maxMessageBytes) },
    ];
    if (await alter(admin, { type, name: resourceName, configEntries: entries }, now, settings))
      raised.push(resourceName);
  }
  return raised;
}

type Resource = Parameters<Admin['alterConfigs']>[0]['resources'][number];

async function alter(
  admin: Admin,
  resource: Resource,
  now: number,
  { brokers, maxMessageBytes, log }: Settings,
): Promise<boolean> {
  const { name: topic } = resource;
  try {
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    log.info({ topic, from: now, to: maxMessageBytes }, `${LIMIT} of a topic was raised`);
    return true;
  } catch (error) {
    const command = `kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --entity-type topics --entity-name ${topic} --add-config ${LIMIT}=${maxMessageBytes}`;
    log.error(
      { topic, why: messageOf(error) },
      `${LIMIT} of ${topic} is ${now}, messages of up to ${maxMessageBytes} bytes are sent to it, and Kafka does not let this gateway change it; run: ${command}`,
    );
    return false;
  }
}
