-- Expand: a large payload that a flow was started with is kept once; steps and messages refer to it. Written only once every gateway that serves
-- knows this file (docs/decisions/0008-one-copy-of-a-payload.md). The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_step_run ADD COLUMN IF NOT EXISTS input_of_flow boolean;
ALTER TABLE orchestration_outbox ADD COLUMN IF NOT EXISTS payload_of_flow boolean;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-start-payloads' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-start-payloads');
COMMIT;
