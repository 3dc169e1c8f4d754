-- outside a transaction
-- Expand: open flows by who started them, built while everybody writes. One that broke off half-way is built anew.
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
DO $$ BEGIN IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('orchestration_run_open') AND NOT indisvalid) THEN DROP INDEX orchestration_run_open; END IF; END $$;
CREATE INDEX CONCURRENTLY IF NOT EXISTS orchestration_run_open ON orchestration_run (started_by) WHERE started_by IS NOT NULL AND ended_at IS NULL;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-whose-open-flows' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-whose-open-flows');
