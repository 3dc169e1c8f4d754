/**
 * Fills a database with the history of many flows, by set-based SQL on the real schema; every flow
 * can be read back as one that ran.
 */

const STEPS = ['reserveStock', 'chargePayment', 'shipOrder'];
const NAMES = Array.from(
  { length: 20 },
  (_, index) => `orders-${String(index + 1).padStart(2, '0')}`,
);
const RARE = 'orders-20';
/** Flows in one statement. */
const CHUNK = 100_000;
const DAYS = 180;
/** So many of the youngest are still running. */
const RUNNING = 500;

/**
 * Flows $1 to $2 of $3, the last of which began at $4 (ms), as `f`: an id in the order of time, an
 * outcome, an orchestration. Of a thousand, 5 FAILED, 20 were UNDONE, 3 CANCELLED; the first of the
 * orchestrations has about a third of all flows, the last one in a hundred thousand.
 */
const FLOWS = `(
  SELECT d.*, to_timestamp(d.ms / 1000.0) AS at,
    substr(d.hex, 1, 8) || '-' || substr(d.hex, 9, 4) || '-7' || substr(d.md, 1, 3) || '-8' || substr(d.md, 4, 3) || '-' || substr(d.md, 7, 12) AS flow_id
  FROM (
    SELECT n, ms, lpad(to_hex(ms), 12, '0') AS hex, md5(n::text) AS md,
      CASE WHEN n > $3::bigint - ${RUNNING} THEN 'R' WHEN n * 7919 % 1000 < 5 THEN 'F' WHEN n * 7919 % 1000 < 25 THEN 'U'
        WHEN n * 7919 % 1000 < 28 THEN 'X' ELSE 'C' END AS kind,
      'orders-' || lpad((CASE WHEN n % 100000 = 7 THEN 20 ELSE 1 + floor(19 * power((n * 104729 % 9973) / 9973.0, 3)) END)::int::text, 2, '0') AS name
    FROM (
      SELECT n, ($4::bigint - ($3::bigint - n) * (${DAYS} * 86400000.0 / $3::bigint))::bigint AS ms
      FROM generate_series($1::bigint, $2::bigint) AS n
    ) AS times
  ) AS d
) AS f`;

const INPUT = `('{"orderId":"o-' || f.n || '","customer":"c-' || f.n % 50000 || '","lines":[{"sku":"sku-' || f.n % 999 || '","quantity":2}],"total":' || f.n % 500 || '.95}')::json`;

const RUNS = `
INSERT INTO orchestration_run (flow_id, orchestration_name, orchestration_version, status, started_at, ended_at, failure_reason, initiator,
  idempotency_key, correlation_id, input, output, headers, state, last_event_number, wake_at)
SELECT f.flow_id, f.name, 1, k.status, f.at, CASE WHEN f.kind <> 'R' THEN f.at + interval '2100 ms' END,
  CASE WHEN f.kind IN ('F', 'U') THEN 'chargePayment: card ' || f.n % 1000 || ' declined' WHEN f.kind = 'X' THEN 'cancelled' END,
  CASE WHEN f.n % 10 < 8 THEN 'portal-' || f.n * 31 % 200 END, CASE WHEN f.n % 2 = 0 THEN 'order ' || f.n END,
  CASE WHEN f.n % 4 < 3 THEN 'request-' || f.n / 2 END, ${INPUT}, CASE WHEN f.kind = 'C' THEN '{"shipment":"s-1"}'::json END,
  ('{"correlationId":"request-' || f.n / 2 || '"}')::json, NULL, k.last, CASE WHEN f.kind = 'R' THEN now() + interval '5 min' END
FROM ${FLOWS} JOIN (VALUES ('C', 'COMPLETED', 8), ('U', 'UNDONE', 9), ('F', 'FAILED', 9), ('X', 'CANCELLED', 7), ('R', 'IN_PROGRESS', 2)) AS k (kind, status, last)
  ON k.kind = f.kind`;

/** [status, attempts, its error] of the three steps by outcome. */
const STEP_RUNS = `
INSERT INTO orchestration_step_run (flow_id, seq, step_name, status, retry_count, max_retries, undo_max_retries, attempt, error_message, error_code,
  input, output, created_at, started_at, ended_at, undone_at, state)
SELECT f.flow_id, k.seq, (ARRAY['${STEPS.join("','")}'])[k.seq], k.status, greatest(k.attempt - 1, 0), 3, 3, k.attempt,
  CASE WHEN k.failed THEN 'card ' || f.n % 1000 || ' declined by bank ' || f.n % 37 END, CASE WHEN k.failed THEN 'DECLINED' END,
  CASE WHEN k.attempt > 0 THEN ${INPUT} END, CASE WHEN k.status IN ('DO_SUCCESS', 'UNDO_SUCCESS') THEN '{"reservation":"r-1"}'::json END, f.at,
  CASE WHEN k.attempt > 0 THEN f.at + k.seq * interval '650 ms' END, CASE WHEN k.attempt > 0 AND f.kind <> 'R' THEN f.at + k.seq * interval '700 ms' END,
  CASE WHEN k.status = 'UNDO_SUCCESS' THEN f.at + interval '2100 ms' END, CASE WHEN k.state IS NOT NULL THEN k.state::json END
FROM ${FLOWS} JOIN (VALUES
  ('C', 1, 'DO_SUCCESS', 1, false, '{"outputEvent":3}'), ('C', 2, 'DO_SUCCESS', 1, false, '{"outputEvent":5}'), ('C', 3, 'DO_SUCCESS', 1, false, '{"outputEvent":7}'),
  ('U', 1, 'UNDO_SUCCESS', 1, false, '{"outputEvent":3,"round":1}'), ('U', 2, 'RETRY_EXHAUSTED', 4, true, NULL), ('U', 3, 'PENDING', 0, false, NULL),
  ('F', 1, 'UNDO_FAIL', 1, true, '{"outputEvent":3,"round":1,"undoExhausted":true}'), ('F', 2, 'RETRY_EXHAUSTED', 4, true, NULL), ('F', 3, 'PENDING', 0, false, NULL),
  ('X', 1, 'UNDO_SUCCESS', 1, false, '{"outputEvent":3,"round":1}'), ('X', 2, 'PENDING', 0, false, NULL), ('X', 3, 'PENDING', 0, false, NULL),
  ('R', 1, 'IN_PROGRESS', 1, false, NULL), ('R', 2, 'PENDING', 0, false, NULL), ('R', 3, 'PENDING', 0, false, NULL)
) AS k (kind, seq, status, attempt, failed, state) ON k.kind = f.kind`;

const envelope = (flowStatus, stepStatus, stepStatusBefore) => ({
  flowStatus,
  stepStatus,
  stepStatusBefore,
});
const begun = [
  { type: 'FLOW_STARTED', ...envelope('IN_PROGRESS', null, null) },
  {
    type: 'DO_SENT',
    stepName: STEPS[0],
    attempt: 1,
    deadline: 0,
    ...envelope('IN_PROGRESS', 'IN_PROGRESS', 'PENDING'),
  },
];
const done = (step) => ({
  type: 'DO_SUCCEEDED',
  stepName: STEPS[step],
  attempt: 1,
  late: false,
  assumed: false,
  output: 1,
  ...envelope('IN_PROGRESS', 'DO_SUCCESS', 'IN_PROGRESS'),
});
const sent = (step) => ({
  type: 'DO_SENT',
  stepName: STEPS[step],
  attempt: 1,
  deadline: 0,
  ...envelope('IN_PROGRESS', 'IN_PROGRESS', 'PENDING'),
});
const turned = (cause) => [
  {
    type: 'FLOW_TURNED_AROUND',
    cause,
    stepName: STEPS[1],
    failureReason: 'declined',
    actor: null,
    ...envelope('UNDOING', null, null),
  },
  {
    type: 'UNDO_SENT',
    stepName: STEPS[0],
    attempt: 1,
    round: 1,
    deadline: 0,
    ...envelope('UNDOING', 'UNDOING', 'DO_SUCCESS'),
  },
];
const failed = {
  type: 'DO_FAILED',
  stepName: STEPS[1],
  attempt: 1,
  errorMessage: 'declined',
  errorCode: 'DECLINED',
  final: true,
  unknown: false,
};
const exhausted = { ...failed, ...envelope('IN_PROGRESS', 'RETRY_EXHAUSTED', 'IN_PROGRESS') };
const undone = {
  type: 'UNDO_SUCCEEDED',
  stepName: STEPS[0],
  attempt: 1,
  round: 1,
  late: false,
  ...envelope('UNDOING', 'UNDO_SUCCESS', 'UNDOING'),
};
const lost = {
  type: 'UNDO_RETRIES_EXHAUSTED',
  stepName: STEPS[0],
  reason: 'RETRIES',
  ...envelope('UNDOING', 'UNDO_FAIL', 'UNDOING'),
};

/** Events of each commit, by outcome. */
const COMMITS = {
  C: [
    begun,
    [done(0), sent(1)],
    [done(1), sent(2)],
    [done(2), { type: 'FLOW_COMPLETED', output: 1, ...envelope('COMPLETED', null, null) }],
  ],
  U: [
    begun,
    [done(0), sent(1)],
    [exhausted, ...turned('RETRIES_EXHAUSTED')],
    [undone, { type: 'FLOW_UNDONE', ...envelope('UNDONE', null, null) }],
  ],
  F: [
    begun,
    [done(0), sent(1)],
    [exhausted, ...turned('RETRIES_EXHAUSTED')],
    [lost, { type: 'FLOW_FAILED', failureReason: 'declined', ...envelope('FAILED', null, null) }],
  ],
  X: [
    begun,
    [done(0), ...turned('CANCELLED')],
    [
      undone,
      {
        type: 'FLOW_CANCELLED',
        failureReason: 'no',
        actor: 'ann',
        reason: 'no',
        ...envelope('CANCELLED', null, null),
      },
    ],
  ],
  R: [begun],
};

function commitRows() {
  return Object.entries(COMMITS).flatMap(([kind, commits]) => {
    let number = 0;
    return commits.map((events, index) => {
      const first = number + 1;
      number += events.length;
      return `('${kind}', ${index}, ${first}, ${number}, '${JSON.stringify(events)}')`;
    });
  });
}

const TIMELINE = `
INSERT INTO orchestration_timeline (flow_id, first_number, last_number, at, events)
SELECT f.flow_id, k.first, k.last, f.at + k.index * interval '700 ms', replace(k.events, '"deadline":0', '"deadline":' || f.ms + 300000)::json
FROM ${FLOWS} JOIN (VALUES ${commitRows().join(', ')}) AS k (kind, index, first, last, events) ON k.kind = f.kind`;

const SECONDARY = `
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisprimary AND i.indrelid IN ('orchestration_run'::regclass, 'orchestration_step_run'::regclass)`;

const BACKOFF = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 'full' };

/** As the registry keeps them. */
export function orchestrations() {
  const retries = {
    maxRetries: 3,
    undoMaxRetries: 3,
    timeoutMs: 300_000,
    undoTimeoutMs: 300_000,
    backoff: BACKOFF,
    undoBackoff: BACKOFF,
  };
  const rest = { objectType: null, nonRetryableErrors: [], undo: 'required', payloadSchema: null };
  const methods = {
    doMethod: null,
    undoMethod: null,
    handlerClass: null,
    handlerMethod: null,
    undoHandlerMethod: null,
  };
  const steps = STEPS.map((name, index) => ({
    seq: index + 1,
    name,
    ...retries,
    ...rest,
    ...methods,
  }));
  return NAMES.map((name) => {
    const ends = {
      deadlineMs: null,
      onRetriesExhausted: 'undo',
      onUndoExhausted: 'stop',
      description: null,
    };
    return {
      name,
      version: 1,
      type: 'SEQUENTIAL',
      steps,
      ...ends,
      labels: { team: name === RARE ? 'rare' : 'shop' },
    };
  });
}

export const KNOWN = { common: NAMES[0], rare: RARE, steps: STEPS };

/**
 * `query` runs a statement on its own connection each time it is called with another `lane`.
 * Answers how many flows there are.
 */
export async function fill(query, stepRuns, print) {
  const now = Date.now();
  const flows = Math.ceil(stepRuns / STEPS.length);
  const secondary = (await query(0, SECONDARY)).rows;
  // One index after the other over sorted rows is far quicker than all of them row by row.
  for (const { name } of secondary) await query(0, `DROP INDEX ${name}`);
  const statements = [[RUNS, STEP_RUNS], [TIMELINE]];
  await Promise.all(
    statements.map(async (texts, lane) => {
      await query(lane, 'SET synchronous_commit = off');
      for (let from = 1; from <= flows; from += CHUNK) {
        for (const text of texts)
          await query(lane, text, [from, Math.min(flows, from + CHUNK - 1), flows, now]);
        if ((from - 1) % (CHUNK * 10) === 0)
          print(`  ${lane === 0 ? 'flows and steps' : 'timelines'}: ${from - 1} of ${flows}`);
      }
    }),
  );
  print('  indexes');
  const lanes = [
    secondary.filter((_, index) => index % 2 === 0),
    secondary.filter((_, index) => index % 2 === 1),
  ];
  await Promise.all(
    lanes.map(async (indexes, lane) => {
      await query(lane, "SET maintenance_work_mem = '1GB'");
      for (const { definition } of indexes) await query(lane, definition);
    }),
  );
  print('  statistics');
  await query(
    0,
    'VACUUM (ANALYZE) orchestration_run, orchestration_step_run, orchestration_timeline',
  );
  return flows;
}
