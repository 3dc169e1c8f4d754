/** Kafka's metrics replace "." by "_", so it refuses topics that are equal then: two topics with one key cannot exist side by side. */
export function topicKey(topic: string): string {
  return topic.replaceAll('.', '_');
}
