-- Expand: who paused or archived an orchestration, when and why, and how far the flows of a resumed one have been woken.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS standing json;
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS waking json;
CREATE INDEX IF NOT EXISTS orchestration_name_waking ON orchestration_name (name) WHERE waking IS NOT NULL;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-standing' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-standing');
COMMIT;
