-- From the first schema to the one with operators' words on quarantined records: the record's own headers, and who settled it, when and why.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS headers json;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_at timestamptz;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_by text;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS settled_reason text;
CREATE INDEX IF NOT EXISTS orchestration_quarantine_open ON orchestration_quarantine (id) WHERE state = 'OPEN';

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-quarantine-settled' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-quarantine-settled');
COMMIT;
