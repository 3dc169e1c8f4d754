"""The stores on real servers: one text for all."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from backstep_worker.stores.memory import MemoryStore
from backstep_worker.stores.postgres import PostgresStore
from backstep_worker.stores.redis import RedisStore

RUNNING = {"do": {"state": "running", "owner": "a", "until": 9007199254740991}, "undo": None}
OUTCOME = {"kind": "success", "payload": '{"n":1.0}', "headers": {"a": "ü"}}
DONE = {"do": {"state": "done", "outcome": OUTCOME}, "undo": {"state": "requested"}}
STORES = ["memory", "PostgreSQL", "PostgreSQL, a table in a schema", "Redis", "Redis, for a time"]


@asynccontextmanager
async def opened(name: str) -> AsyncIterator[Any]:
    if name == "memory":
        yield MemoryStore()
    elif name.startswith("PostgreSQL"):
        if "TEST_DATABASE_URL" not in os.environ:
            pytest.skip("TEST_DATABASE_URL is not set")
        import asyncpg

        table = "backstep_step_record" if name == "PostgreSQL" else "public.python_step_record"
        async with asyncpg.create_pool(os.environ["TEST_DATABASE_URL"], min_size=1) as pool:
            yield PostgresStore(pool, table)
    else:
        if "TEST_REDIS_URL" not in os.environ:
            pytest.skip("TEST_REDIS_URL is not set")
        from redis.asyncio import Redis

        client = Redis.from_url(os.environ["TEST_REDIS_URL"])
        yield RedisStore(client, "python:", None if name == "Redis" else 60)
        await client.aclose()


@pytest.mark.parametrize("name", STORES)
def test_keeps_a_record_as_it_was_written_with_its_version(name: str) -> None:
    async def run() -> None:
        async with opened(name) as store:
            await store.open()
            await store.open()
            key = str(uuid.uuid4())
            assert await store.read(key) is None
            assert await store.write(key, RUNNING, 0) is True
            assert await store.read(key) == (RUNNING, 1)
            assert await store.write(key, DONE, 1) is True
            assert await store.read(key) == (DONE, 2)

    asyncio.run(run())


@pytest.mark.parametrize("name", STORES)
def test_stores_nothing_over_another_version(name: str) -> None:
    async def run() -> None:
        async with opened(name) as store:
            await store.open()
            key = str(uuid.uuid4())
            assert await store.write(key, DONE, 1) is False
            assert await store.read(key) is None
            await store.write(key, RUNNING, 0)
            assert await store.write(key, DONE, 0) is False
            assert await store.write(key, DONE, 2) is False
            assert await store.read(key) == (RUNNING, 1)

    asyncio.run(run())


@pytest.mark.parametrize("name", STORES)
def test_lets_one_of_many_at_once_write(name: str) -> None:
    async def run() -> None:
        async with opened(name) as store:
            await store.open()
            key = str(uuid.uuid4())
            for version in (0, 1):
                writes = [store.write(key, RUNNING, version) for _ in range(20)]
                assert (await asyncio.gather(*writes)).count(True) == 1

    asyncio.run(run())


def test_refuses_a_table_name_that_could_be_other_sql() -> None:
    with pytest.raises(ValueError, match="cannot be used"):
        PostgresStore(None, "a; drop table b")
