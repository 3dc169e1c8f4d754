/**
 * Kafka refuses two topics that are equal after "." → "_" (its metrics replace it): topics with
 * equal keys cannot both exist.
 */
export function topicKey(topic: string): string {
  return topic.replaceAll('.', '_');
}
