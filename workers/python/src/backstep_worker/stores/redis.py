"""Records in Redis, as hashes with a version and a text."""

import json
from typing import Any

from ..step_record import Record

_WRITE = """
local held = redis.call('HGET', KEYS[1], 'version')
if (held or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'record', ARGV[2])
if ARGV[3] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1"""


class RedisStore:
    """`client`: of redis.asyncio. What Redis loses or evicts is handled again."""

    # A missing key proves nothing: Redis may have evicted it.
    complete = False

    def __init__(
        self, client: Any, prefix: str = "backstep:step:", keep_for: float | None = None
    ) -> None:
        """`keep_for`: seconds after the last change; longer than a flow may still be undone."""
        self._client, self._prefix = client, prefix
        self._keep_ms = 0 if keep_for is None else int(keep_for * 1000)

    async def open(self) -> None:
        await self._client.ping()

    async def read(self, key: str) -> tuple[Record, int] | None:
        version, record = await self._client.hmget(self._prefix + key, "version", "record")
        return None if version is None else (json.loads(record), int(version))

    async def write(self, key: str, record: Record, expected: int) -> bool:
        written = await self._client.eval(
            _WRITE, 1, self._prefix + key, str(expected), json.dumps(record), str(self._keep_ms)
        )
        return written == 1
