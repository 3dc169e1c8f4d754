-- Backstep's schema, the only place it is written down. The gateway applies this file at its start (MikroORM's Migrator, under an advisory
-- lock); by hand: psql -U postgres -d orchestrator_db -f migrations/migration-do-undo-topics.sql
-- Running it again is harmless. PostgreSQL 15 or newer. This is always the whole schema; what was added after the first release stands here as ALTER TABLE and in
-- a file of its own, the step by which the gateway brings an older database to it.
--
-- Two things to keep in mind when changing it:
--  * Rows of orchestration_run and orchestration_step_run are updated many times. PostgreSQL does that without touching an index (HOT) as long
--    as no indexed column changes its value and the page has room; so no index names a column that changes on the way of a flow that goes
--    well, and pages are filled by half (measured: every update is HOT; filled to 70 %, of batches of 500 nearly half of the flows' were not).
--  * Payloads are of type json, not jsonb: their text survives as it came, large numbers included.

-- By hand: all of it or nothing, and the first error ends it. The gateway has a transaction of its own and leaves these two lines out.
\set ON_ERROR_STOP on
BEGIN;

-- A registered version of a recipe. Versions never change.
CREATE TABLE IF NOT EXISTS orchestration (
  name                 text COLLATE "C" NOT NULL,
  version              integer NOT NULL,
  type                 text NOT NULL,
  deadline_ms          bigint,
  on_retries_exhausted text NOT NULL,
  on_undo_exhausted    text NOT NULL,
  description          text,
  labels               jsonb NOT NULL DEFAULT '{}',
  initiator            text,
  created_at           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT orchestration_pkey PRIMARY KEY (name, version)
);
CREATE INDEX IF NOT EXISTS orchestration_labels ON orchestration USING gin (labels);

-- What is true of a name, whatever the version.
CREATE TABLE IF NOT EXISTS orchestration_name (
  name            text COLLATE "C" NOT NULL,
  current_version integer NOT NULL,
  paused          boolean NOT NULL DEFAULT false,
  archived        boolean NOT NULL DEFAULT false,
  CONSTRAINT orchestration_name_pkey PRIMARY KEY (name)
);
CREATE INDEX IF NOT EXISTS orchestration_name_paused ON orchestration_name (name) WHERE paused;

CREATE TABLE IF NOT EXISTS orchestration_step (
  orchestration_name   text COLLATE "C" NOT NULL,
  version              integer NOT NULL,
  seq                  integer NOT NULL,
  name                 text COLLATE "C" NOT NULL,
  object_type          text,
  max_retries          integer NOT NULL,
  undo_max_retries     integer NOT NULL,
  timeout_ms           bigint NOT NULL,
  undo_timeout_ms      bigint NOT NULL,
  backoff              json NOT NULL,
  undo_backoff         json NOT NULL,
  non_retryable_errors json NOT NULL,
  undo                 text NOT NULL,
  payload_schema       json,
  do_method            text,
  undo_method          text,
  handler_class        text,
  handler_method       text,
  undo_handler_method  text,
  -- Its topics as Kafka compares names ("." equals "_"): two steps may not meet there.
  do_topic_key         text COLLATE "C" NOT NULL,
  undo_topic_key       text COLLATE "C" NOT NULL,
  CONSTRAINT orchestration_step_pkey PRIMARY KEY (orchestration_name, version, seq)
);
CREATE INDEX IF NOT EXISTS orchestration_step_do_topic ON orchestration_step (do_topic_key);
CREATE INDEX IF NOT EXISTS orchestration_step_undo_topic ON orchestration_step (undo_topic_key);

-- Workers that registered themselves for a step, also before their orchestration is known.
CREATE TABLE IF NOT EXISTS orchestration_worker (
  orchestration_name text COLLATE "C" NOT NULL,
  step_name          text COLLATE "C" NOT NULL,
  service_name       text COLLATE "C" NOT NULL,
  object_type        text,
  handler_class      text,
  do_method          text,
  undo_method        text,
  do_topic_key       text COLLATE "C" NOT NULL,
  undo_topic_key     text COLLATE "C" NOT NULL,
  registered_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT orchestration_worker_pkey PRIMARY KEY (orchestration_name, step_name, service_name)
);
CREATE INDEX IF NOT EXISTS orchestration_worker_do_topic ON orchestration_worker (do_topic_key);
CREATE INDEX IF NOT EXISTS orchestration_worker_undo_topic ON orchestration_worker (undo_topic_key);

-- A flow: one run of an orchestration. Its row is the lock of everything that belongs to it.
CREATE TABLE IF NOT EXISTS orchestration_run (
  flow_id               text COLLATE "C" NOT NULL,
  orchestration_name    text COLLATE "C" NOT NULL,
  orchestration_version integer NOT NULL,
  status                text NOT NULL,
  started_at            timestamptz NOT NULL,
  ended_at              timestamptz,
  failure_reason        text,
  initiator             text,
  idempotency_key       text COLLATE "C",
  correlation_id        text,
  input                 json,
  output                json,
  headers               json NOT NULL,
  -- What is rarely set: deadline, paused, held, halted. Null when nothing of it is.
  state                 json,
  last_event_number     integer NOT NULL,
  -- The sweeper looks at the flow no later than this; a lower bound. Null = nothing follows by itself.
  wake_at               timestamptz,
  -- Why the flow is parked: a law was broken, nothing goes on. Null = it is not.
  parked                text,
  CONSTRAINT orchestration_run_pkey PRIMARY KEY (flow_id)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS orchestration_run_started ON orchestration_run (started_at, flow_id);
CREATE INDEX IF NOT EXISTS orchestration_run_history ON orchestration_run (orchestration_name, started_at, flow_id);
-- wake_at and status change once, together, when a flow that goes well ends.
CREATE INDEX IF NOT EXISTS orchestration_run_status ON orchestration_run (status, started_at, flow_id) WHERE status <> 'COMPLETED';
CREATE INDEX IF NOT EXISTS orchestration_run_wake ON orchestration_run (wake_at) WHERE wake_at IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS orchestration_run_key ON orchestration_run (orchestration_name, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS orchestration_run_key_alone ON orchestration_run (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS orchestration_run_initiator ON orchestration_run (initiator, started_at, flow_id) WHERE initiator IS NOT NULL;
CREATE INDEX IF NOT EXISTS orchestration_run_correlation ON orchestration_run (correlation_id, started_at, flow_id) WHERE correlation_id IS NOT NULL;

-- One step of a flow. retry_count counts DO retries and survives the UNDO.
CREATE TABLE IF NOT EXISTS orchestration_step_run (
  flow_id          text COLLATE "C" NOT NULL,
  seq              integer NOT NULL,
  step_name        text COLLATE "C" NOT NULL,
  status           text NOT NULL,
  retry_count      integer NOT NULL DEFAULT 0,
  max_retries      integer NOT NULL,
  undo_retry_count integer NOT NULL DEFAULT 0,
  undo_max_retries integer NOT NULL,
  attempt          integer NOT NULL DEFAULT 0,
  error_message    text,
  error_code       text,
  input            json,
  output           json,
  created_at       timestamptz NOT NULL,
  started_at       timestamptz,
  ended_at         timestamptz,
  undone_at        timestamptz,
  -- What only the engine reads: the open command, budgets, rounds, progress. Null when nothing of it is set.
  state            json,
  -- The status while it is one of those a flow that goes well never sees.
  trouble          text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN status IN ('PENDING', 'IN_PROGRESS', 'DO_SUCCESS') THEN NULL ELSE status END) STORED,
  CONSTRAINT orchestration_step_run_pkey PRIMARY KEY (flow_id, seq)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS orchestration_step_run_created ON orchestration_step_run USING brin (created_at);
CREATE INDEX IF NOT EXISTS orchestration_step_run_trouble ON orchestration_step_run (trouble, step_name, created_at) WHERE trouble IS NOT NULL;
CREATE INDEX IF NOT EXISTS orchestration_step_run_error ON orchestration_step_run (created_at) WHERE error_message IS NOT NULL;

-- What happened: one row per flow and commit. `number` and `at` of its events are first_number + index and `at`.
CREATE TABLE IF NOT EXISTS orchestration_timeline (
  flow_id      text COLLATE "C" NOT NULL,
  first_number integer NOT NULL,
  last_number  integer NOT NULL,
  at           timestamptz NOT NULL,
  events       json NOT NULL,
  CONSTRAINT orchestration_timeline_pkey PRIMARY KEY (flow_id, first_number)
);

-- Next expected offset per partition: what lies before was recorded, or refused, once.
CREATE TABLE IF NOT EXISTS orchestration_inbox (
  topic           text COLLATE "C" NOT NULL,
  partition       integer NOT NULL,
  next_offset     bigint NOT NULL,
  last_timestamp  bigint,
  -- next_offset before the last batch: how a batch learns which of its records are new.
  previous_offset bigint,
  CONSTRAINT orchestration_inbox_pkey PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);

-- Messages on their way. A row belongs to an instance for a lease and goes once the broker has acknowledged it.
CREATE TABLE IF NOT EXISTS orchestration_outbox (
  flow_id      text COLLATE "C" NOT NULL,
  number       bigint NOT NULL,
  topic        text NOT NULL,
  key          text,
  value        text,
  headers      json NOT NULL,
  attempt_id   text,
  -- Of a quarantined record, whose bytes need not be text.
  key_bytes    bytea,
  value_bytes  bytea,
  -- Null = never given to anybody: it may still be withdrawn.
  leased_to    text,
  leased_until timestamptz NOT NULL,
  CONSTRAINT orchestration_outbox_pkey PRIMARY KEY (flow_id, number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS orchestration_outbox_lease ON orchestration_outbox (leased_until);
CREATE INDEX IF NOT EXISTS orchestration_outbox_ungiven ON orchestration_outbox (flow_id) WHERE leased_to IS NULL;

-- Records nobody could use, bytes and all.
CREATE TABLE IF NOT EXISTS orchestration_quarantine (
  id            bigserial NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  record_at     timestamptz NOT NULL,
  received_at   timestamptz NOT NULL DEFAULT now(),
  code          text NOT NULL,
  message       text NOT NULL,
  flow_id       text COLLATE "C",
  step_name     text,
  key           bytea,
  value         bytea,
  state         text NOT NULL DEFAULT 'OPEN',
  CONSTRAINT orchestration_quarantine_pkey PRIMARY KEY (id)
);
-- Since migration-quarantine-settled: the record's own headers, and who settled it, when and why.
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS headers json;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_at timestamptz;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_by text;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_reason text;
CREATE INDEX IF NOT EXISTS orchestration_quarantine_open ON orchestration_quarantine (id) WHERE state = 'OPEN';
CREATE INDEX IF NOT EXISTS orchestration_quarantine_flow ON orchestration_quarantine (flow_id) WHERE flow_id IS NOT NULL;

-- Since migration-retry-policies: what operators set over a document (retries, timeouts, backoff), and what of it a flow started with. Null = nothing.
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS policies json;
ALTER TABLE orchestration_run ADD COLUMN IF NOT EXISTS policy json;
-- Since migration-standing: who paused or archived it, when and why; and how far the flows of a resumed one have been woken. Null = nothing.
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS standing json;
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS waking json;
CREATE INDEX IF NOT EXISTS orchestration_name_waking ON orchestration_name (name) WHERE waking IS NOT NULL;

-- Since migration-start-payloads: a large payload a flow was started with is kept once, in orchestration_run.input. true: the step's input is
-- that (its own is NULL); the message ends with that (its value stops where the payload begins).
ALTER TABLE orchestration_step_run ADD COLUMN IF NOT EXISTS input_of_flow boolean;
ALTER TABLE orchestration_outbox ADD COLUMN IF NOT EXISTS payload_of_flow boolean;
-- Since migration-start-schema: the JSON Schema of the payload a flow is started with. Null = any.
ALTER TABLE orchestration ADD COLUMN IF NOT EXISTS payload_schema json;

-- Since migration-with-audit: who did what, when and from where, and what became of it. Rows are added, never changed, and removed only by age.
CREATE TABLE IF NOT EXISTS orchestration_audit (
  at                 timestamptz NOT NULL,
  id                 bigserial NOT NULL,
  actor              text COLLATE "C" NOT NULL,
  -- false: nobody vouched for the actor; it is what the caller states about itself.
  proven             boolean NOT NULL,
  -- Network address, or topic/partition@offset of a record.
  origin             text,
  request_id         text,
  action             text COLLATE "C" NOT NULL,
  orchestration_name text COLLATE "C",
  flow_id            text COLLATE "C",
  step_name          text,
  reason             text,
  before             json,
  after              json,
  outcome            text NOT NULL,
  code               text,
  CONSTRAINT orchestration_audit_pkey PRIMARY KEY (at, id)
);
CREATE INDEX IF NOT EXISTS orchestration_audit_actor ON orchestration_audit (actor, at, id);
CREATE INDEX IF NOT EXISTS orchestration_audit_name ON orchestration_audit (orchestration_name, at, id) WHERE orchestration_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS orchestration_audit_flow ON orchestration_audit (flow_id, at, id) WHERE flow_id IS NOT NULL;
-- Nearly all rows are starts that were done: those are found by time.
CREATE INDEX IF NOT EXISTS orchestration_audit_action ON orchestration_audit (action, at, id) WHERE action <> 'execute';
CREATE INDEX IF NOT EXISTS orchestration_audit_refused ON orchestration_audit (at, id) WHERE outcome = 'REFUSED';

CREATE OR REPLACE FUNCTION orchestration_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('backstep.audit_expires', true) = 'on' AND OLD.at < now() - interval '1 day' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'orchestration_audit is append-only: % is refused; old rows go by RETENTION_AUDIT', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$guard$;
CREATE OR REPLACE TRIGGER orchestration_audit_rows BEFORE UPDATE OR DELETE ON orchestration_audit
  FOR EACH ROW EXECUTE FUNCTION orchestration_audit_guard();
CREATE OR REPLACE TRIGGER orchestration_audit_all BEFORE TRUNCATE ON orchestration_audit
  FOR EACH STATEMENT EXECUTE FUNCTION orchestration_audit_guard();

-- Runs as the owner of the table: a gateway whose role may only read and add rows removes old ones with it, and nothing else.
CREATE OR REPLACE FUNCTION orchestration_audit_expire(age_ms double precision, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $expire$
DECLARE
  removed integer;
BEGIN
  IF age_ms < 86400000 THEN
    RAISE EXCEPTION 'rows of orchestration_audit are kept for a day at least' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('backstep.audit_expires', 'on', true);
  DELETE FROM orchestration_audit a USING (
    SELECT o.at, o.id FROM orchestration_audit o WHERE o.at < now() - age_ms * interval '1 ms' ORDER BY o.at, o.id LIMIT most FOR UPDATE SKIP LOCKED
  ) AS old WHERE a.at = old.at AND a.id = old.id;
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('backstep.audit_expires', 'off', true);
  RETURN removed;
END
$expire$;

-- Since migration-with-objectives: counters of the monitoring checklist, one row for each orchestration and minute in which something happened.
CREATE TABLE IF NOT EXISTS orchestration_slo (
  orchestration_name text COLLATE "C" NOT NULL,
  minute             timestamptz NOT NULL,
  -- What each place counts: docs/slo.md.
  counts             bigint[] NOT NULL,
  CONSTRAINT orchestration_slo_pkey PRIMARY KEY (orchestration_name, minute)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS orchestration_slo_minute ON orchestration_slo (minute);
-- Targets of an orchestration; null = those of the checklist.
ALTER TABLE orchestration ADD COLUMN IF NOT EXISTS objectives json;
-- Since migration-with-sensitive: paths of what not everybody may see in the payloads and headers of its flows. Null = nothing.
ALTER TABLE orchestration ADD COLUMN IF NOT EXISTS sensitive json;

-- Since migration-with-stored-ciphertext: whether the bytes of a row are sealed (PAYLOAD_ENCRYPTION). JSON columns show it themselves: a sealed one is a JSON
-- text that begins with two spaces. Null = they are not.
ALTER TABLE orchestration_outbox ADD COLUMN IF NOT EXISTS sealed boolean;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS sealed boolean;

-- Since migration-with-who-started: under whom the flow counts (OPEN_FLOWS_PER_CALLER): kind and subject of a caller, or its address; `topic:` and the service that
-- a start by topic names, which nobody has proven. Null = the bound was not set. ended_at changes together with status.
ALTER TABLE orchestration_run ADD COLUMN IF NOT EXISTS started_by text COLLATE "C";
-- Since migration-with-whose-open-flows.
CREATE INDEX IF NOT EXISTS orchestration_run_open ON orchestration_run (started_by) WHERE started_by IS NOT NULL AND ended_at IS NULL;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
CREATE TABLE IF NOT EXISTS mikro_orm_migrations (
  id          serial NOT NULL,
  name        varchar(255) NOT NULL,
  executed_at timestamptz(6) NOT NULL DEFAULT current_timestamp(6),
  CONSTRAINT mikro_orm_migrations_pkey PRIMARY KEY (id)
);
INSERT INTO mikro_orm_migrations (name)
SELECT revision FROM (VALUES
  (1, 'migration-do-undo-topics'),
  (2, 'migration-quarantine-settled'),
  (3, 'migration-retry-policies'),
  (4, 'migration-standing'),
  (5, 'migration-start-payloads'),
  (6, 'migration-start-schema'),
  (7, 'migration-with-audit'),
  (8, 'migration-with-objectives'),
  (9, 'migration-with-sensitive'),
  (10, 'migration-with-stored-ciphertext'),
  (11, 'migration-with-who-started'),
  (12, 'migration-with-whose-open-flows')
) AS revisions (number, revision)
WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = revision) ORDER BY number;
COMMIT;
