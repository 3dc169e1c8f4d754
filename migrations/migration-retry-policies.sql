-- Expand: retries, timeouts and backoff that operators set over a document, kept with its name, and what of them a flow started with.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_name ADD COLUMN IF NOT EXISTS policies json;
ALTER TABLE orchestration_run ADD COLUMN IF NOT EXISTS policy json;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-retry-policies' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-retry-policies');
COMMIT;
