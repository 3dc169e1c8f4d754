-- Expand: the JSON Schema of the payload a flow is started with.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration ADD COLUMN IF NOT EXISTS payload_schema json;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-start-schema' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-start-schema');
COMMIT;
