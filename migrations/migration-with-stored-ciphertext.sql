-- Expand: payloads may be sealed (PAYLOAD_ENCRYPTION): JSON columns then hold a JSON text that begins with two spaces, which no printed JSON does;
-- bytes are marked in a column of their own. Written only once every gateway that serves knows this file (docs/decisions/0015-sealed-payloads.md).
-- The same as in migration-do-undo-topics.sql; running it again is harmless.
\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE orchestration_outbox ADD COLUMN IF NOT EXISTS sealed boolean;
ALTER TABLE orchestration_quarantine ADD COLUMN IF NOT EXISTS sealed boolean;

-- ── bookkeeping ── below this line is what MikroORM does by itself when the gateway applies the file.
INSERT INTO mikro_orm_migrations (name)
SELECT 'migration-with-stored-ciphertext' WHERE NOT EXISTS (SELECT FROM mikro_orm_migrations WHERE name = 'migration-with-stored-ciphertext');
COMMIT;
