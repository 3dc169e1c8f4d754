/** The inbox: the next expected offset of each partition. */
import type { InboxPosition } from '../../engine/ports.js';
import type { Sql } from '../connection/sql.js';

export async function inboxOf(sql: Sql, topic: string): Promise<InboxPosition[]> {
  const rows = await sql.rows<{
    partition: number;
    next_offset: string;
    last_timestamp: string | null;
  }>(
    'SELECT i.partition, i.next_offset, i.last_timestamp FROM orchestration_inbox i WHERE i.topic = $1 ORDER BY i.partition',
    [topic],
  );
  return rows.map((row) => ({
    topic,
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    lastTimestamp: row.last_timestamp === null ? null : Number(row.last_timestamp),
  }));
}

export async function resetInbox(
  sql: Sql,
  topic: string,
  partition: number,
  nextOffset: bigint,
): Promise<void> {
  await sql.rows<unknown>(
    `INSERT INTO orchestration_inbox (topic, partition, next_offset) VALUES ($1, $2, $3::bigint)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, last_timestamp = NULL, previous_offset = NULL`,
    [topic, partition, String(nextOffset)],
  );
}
