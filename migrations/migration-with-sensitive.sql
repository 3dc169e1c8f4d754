-- Expand: paths of what not everybody may see in the payloads and headers of flows.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration ADD COLUMN IF NOT EXISTS sensitive json;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-sensitive' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-sensitive');
COMMIT;
