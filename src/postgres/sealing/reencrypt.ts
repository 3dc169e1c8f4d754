/**
 * Rewrites payloads that are sealed with an older key, or not as the settings require: a few
 * flows in each transaction, oldest first.
 */
import type { Reencrypted } from '../../engine/ports.js';
import { jsonText, jsonTextOf } from '../../json/order.js';
import { readPrinted } from '../../json/read.js';
import { textArray } from '../connection/binary-arrays.js';
import { arrayOf, instantOf, millisOf, type Sql } from '../connection/sql.js';
import { cursorOf, readCursor } from '../read/cursor.js';
import { recordPlace, runPlace, stepPlace, timelinePlace } from './sealed-columns.js';
import { MARK, type Place, type Sealer } from './sealer.js';

type Cursor = readonly [kind: string, startedAt: number, id: string];

/** To be called inside a transaction. */
export async function reencrypt(
  sql: Sql,
  sealer: Sealer,
  after: string | null,
  most: number,
): Promise<Reencrypted> {
  const [kind, startedAt, id] =
    after === null ? (['flows', 0, ''] as const) : readCursor<Cursor>(after, SHAPE);
  if (kind === 'quarantine') return quarantine(sql, sealer, Number(startedAt), most);
  const page = await sql.rows<{ flow_id: string; at: number }>(FLOWS, [startedAt, id, most]);
  const ids = arrayOf(page.map(({ flow_id }) => flow_id).toSorted());
  let rewritten = 0;
  // Locks the flows: nobody else writes their rows until the commit.
  rewritten += await runs(sql, sealer, ids);
  rewritten += await steps(sql, sealer, ids);
  rewritten += await timelines(sql, sealer, ids);
  const last = page.at(-1);
  const isEnd = last === undefined || page.length < most;
  const next = isEnd ? ['quarantine', 0, ''] : ['flows', Math.round(last.at), last.flow_id];
  return { examined: page.length, rewritten, next: cursorOf(next) };
}

const SHAPE = ['string', 'number', 'string'] as const;

const FLOWS = `
SELECT r.flow_id, ${millisOf('r.started_at')} AS at FROM orchestration_run r
WHERE (r.started_at, r.flow_id) > (${instantOf('$1::float8')}, $2::text) ORDER BY r.started_at, r.flow_id LIMIT $3::int`;

interface Text {
  readonly text: string | null;
  readonly place: Place;
}

/** As it is to be stored; the same object when it is so already. */
function resealed(sealer: Sealer, one: Text): Text {
  const { text, place } = one;
  if (text === null || isCurrent(sealer, text)) return one;
  return { text: sealer.seal(sealer.open(text, place), place), place };
}

function isCurrent({ currentPrefix }: Sealer, text: string): boolean {
  return currentPrefix === null ? !text.startsWith(MARK) : text.startsWith(currentPrefix);
}

interface Changed {
  readonly keys: readonly (string | number)[];
  readonly texts: readonly (string | null)[];
}

/** Only rows with a text that changes. */
function changedOf(
  sealer: Sealer,
  keys: readonly (string | number)[],
  texts: readonly Text[],
): Changed[] {
  const written = texts.map((one) => resealed(sealer, one));
  if (written.every((one, index) => one === texts[index])) return [];
  return [{ keys, texts: written.map(({ text }) => text) }];
}

async function update(sql: Sql, text: string, rows: readonly Changed[]): Promise<number> {
  if (rows.length === 0) return 0;
  const width = rows[0]?.keys.length ?? 0;
  const count = rows[0]?.texts.length ?? 0;
  const keys = Array.from({ length: width }, (_, at) =>
    arrayOf(rows.map((row) => row.keys[at] ?? null)),
  );
  const texts = Array.from({ length: count }, (_, at) =>
    textArray(rows.map((row) => row.texts[at] ?? null)),
  );
  await sql.rows<unknown>(text, [...keys, ...texts]);
  return rows.length;
}

async function runs(sql: Sql, sealer: Sealer, ids: string): Promise<number> {
  const rows = await sql.rows<{ flow_id: string } & Record<'input' | 'output' | 'headers', string>>(
    `SELECT r.flow_id, r.input::text AS input, r.output::text AS output, r.headers::text AS headers FROM orchestration_run r
     WHERE r.flow_id = ANY ($1::text[]) ORDER BY r.flow_id FOR UPDATE`,
    [ids],
  );
  const changed = rows.flatMap((row) =>
    changedOf(
      sealer,
      [row.flow_id],
      (['input', 'output', 'headers'] as const).map((name) => {
        return { text: row[name], place: runPlace(row.flow_id, name) };
      }),
    ),
  );
  return update(
    sql,
    `UPDATE orchestration_run r SET input = u.input::json, output = u.output::json, headers = u.headers::json
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (flow_id, input, output, headers) WHERE r.flow_id = u.flow_id`,
    changed,
  );
}

async function steps(sql: Sql, sealer: Sealer, ids: string): Promise<number> {
  const rows = await sql.rows<StepTexts>(
    `SELECT s.flow_id, s.seq, s.input::text AS input, s.output::text AS output, s.state::text AS state FROM orchestration_step_run s
     WHERE s.flow_id = ANY ($1::text[])`,
    [ids],
  );
  const changed = rows.flatMap((row) => {
    const texts = (['input', 'output'] as const).map((name) => {
      return { text: row[name], place: stepPlace(row.flow_id, row.seq, name) };
    });
    const state = stateAnew(sealer, row);
    const [first] = changedOf(sealer, [row.flow_id, row.seq], texts);
    if (first === undefined && state === row.state) return [];
    const written = first?.texts ?? [row.input, row.output];
    return [{ keys: [row.flow_id, row.seq], texts: [...written, state] }];
  });
  return update(
    sql,
    `UPDATE orchestration_step_run s SET input = u.input::json, output = u.output::json, state = u.state::json
     FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[]) AS u (flow_id, seq, input, output, state)
     WHERE s.flow_id = u.flow_id AND s.seq = u.seq`,
    changed,
  );
}

interface StepTexts {
  readonly flow_id: string;
  readonly seq: number;
  readonly input: string | null;
  readonly output: string | null;
  readonly state: string | null;
}

/** Headers of a worker, sealed or not, are a part of the state of its step. */
function stateAnew(sealer: Sealer, { flow_id, seq, state }: StepTexts): string | null {
  if (state === null || !/"(?:added|sealed)Headers":/.test(state)) return state;
  const { addedHeaders, sealedHeaders, ...others } = readPrinted(state) as Record<string, unknown>;
  const place = stepPlace(flow_id, seq, 'headers');
  const text = typeof sealedHeaders === 'string' ? sealedHeaders : jsonText(addedHeaders);
  if (isCurrent(sealer, text)) return state;
  const written = resealed(sealer, { text, place }).text ?? '{}';
  return jsonTextOf({
    ...others,
    ...(sealer.seals ? { sealedHeaders: written } : { addedHeaders: readPrinted(written) }),
  });
}

async function timelines(sql: Sql, sealer: Sealer, ids: string): Promise<number> {
  const rows = await sql.rows<{ flow_id: string; first_number: number; events: string }>(
    'SELECT t.flow_id, t.first_number, t.events::text AS events FROM orchestration_timeline t WHERE t.flow_id = ANY ($1::text[])',
    [ids],
  );
  const changed = rows.flatMap(({ flow_id, first_number, events }) =>
    changedOf(sealer, [flow_id, first_number], [{ text: events, place: timelinePlace(flow_id) }]),
  );
  return update(
    sql,
    `UPDATE orchestration_timeline t SET events = u.events::json FROM unnest($1::text[], $2::int[], $3::text[]) AS u (flow_id, first_number, events)
     WHERE t.flow_id = u.flow_id AND t.first_number = u.first_number`,
    changed,
  );
}

interface RecordTexts {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: string | null;
  readonly sealed: boolean | null;
}

async function quarantine(
  sql: Sql,
  sealer: Sealer,
  from: number,
  most: number,
): Promise<Reencrypted> {
  const rows = await sql.rows<RecordTexts>(
    `SELECT q.id::text AS id, q.topic, q.partition, q.record_offset::text AS record_offset, q.key, q.value, q.headers::text AS headers, q.sealed
     FROM orchestration_quarantine q WHERE q.id > $1::bigint ORDER BY q.id LIMIT $2::int FOR UPDATE`,
    [from, most],
  );
  let rewritten = 0;
  for (const row of rows) if (await recordAnew(sql, sealer, row)) rewritten += 1;
  const last = rows.at(-1);
  const next =
    last === undefined || rows.length < most ? null : cursorOf(['quarantine', Number(last.id), '']);
  return { examined: rows.length, rewritten, next };
}

async function recordAnew(sql: Sql, sealer: Sealer, row: RecordTexts): Promise<boolean> {
  const position = { ...row, offset: BigInt(row.record_offset) };
  if (isRecordCurrent(sealer, row)) return false;
  const anewBytes = (found: Uint8Array | null, name: string): Uint8Array | null => {
    const place = recordPlace(position, name);
    if (found === null) return null;
    const open = row.sealed === true ? sealer.openBytes(found, place) : found;
    return sealer.seals ? sealer.sealBytes(open, place) : open;
  };
  const headers = resealed(sealer, {
    text: row.headers,
    place: recordPlace(position, 'headers'),
  }).text;
  await sql.rows<unknown>(
    'UPDATE orchestration_quarantine SET key = $2, value = $3, headers = $4::json, sealed = $5 WHERE id = $1::bigint',
    [
      row.id,
      anewBytes(row.key, 'key'),
      anewBytes(row.value, 'value'),
      headers,
      sealer.seals || null,
    ],
  );
  return true;
}

function isRecordCurrent(sealer: Sealer, { key, value, headers, sealed }: RecordTexts): boolean {
  if ((sealed === true) !== sealer.seals) return key === null && value === null && headers === null;
  const bytes = sealed === true ? [key, value] : [];
  const texts = [headers, ...bytes.map((one) => one && Buffer.from(one).toString())];
  return texts.every((text) => text === null || isCurrent(sealer, text));
}
