-- Expand: who started a flow, where open flows of each caller are bounded (OPEN_FLOWS_PER_CALLER). Its index: migration-with-whose-open-flows.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_run ADD COLUMN IF NOT EXISTS started_by text COLLATE "C";

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-who-started' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-who-started');
COMMIT;
