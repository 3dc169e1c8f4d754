-- Expand: who did what, when and from where, and what became of it: one row for each mutation. Rows are added, never changed, and removed only
-- by age, by the function below (docs/decisions/0013-append-only.md). The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
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

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-audit' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-audit');
COMMIT;
