-- Expand: counters of the monitoring checklist, one row for each orchestration and minute in which something happened, and targets of its own.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
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

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-objectives' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-objectives');
COMMIT;
