"""Records in a table of the worker's own PostgreSQL database, by asyncpg."""

import json
import re
from typing import Any

from ..step_record import Record

_TABLE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")


class PostgresStore:
    """`pool`: of asyncpg. It keeps records for ever."""

    complete = True

    def __init__(
        self, pool: Any, table: str = "backstep_step_record", *, create_table: bool = True
    ) -> None:
        if not _TABLE.fullmatch(table):
            raise ValueError(
                f"the table {table!r} cannot be used; expected lower-case letters, digits and "
                '"_", optionally with a schema: workers.step_record'
            )
        self._pool, self._table, self._create = pool, table, create_table

    async def open(self) -> None:
        if self._create:
            # Text, not jsonb, which would change numbers and the order of fields.
            await self._pool.execute(
                f"create table if not exists {self._table} (key text primary key, record text not "
                "null, version bigint not null, changed_at timestamptz not null default now())"
            )
        await self._pool.execute(f"select 1 from {self._table} limit 1")

    async def read(self, key: str) -> tuple[Record, int] | None:
        row = await self._pool.fetchrow(
            f"select record, version from {self._table} where key = $1", key
        )
        return None if row is None else (json.loads(row["record"]), row["version"])

    async def write(self, key: str, record: Record, expected: int) -> bool:
        text = json.dumps(record)
        if expected == 0:
            done = await self._pool.execute(
                f"insert into {self._table} (key, record, version) values ($1, $2, 1) "
                "on conflict do nothing",
                key,
                text,
            )
        else:
            done = await self._pool.execute(
                f"update {self._table} set record = $2, version = version + 1, changed_at = now() "
                "where key = $1 and version = $3",
                key,
                text,
                expected,
            )
        return done.endswith(" 1")
