"""Records in this process: they are gone when it ends."""

from ..step_record import Record


class MemoryStore:
    complete = False

    def __init__(self, entries: int = 100_000) -> None:
        """`entries`: steps it remembers at most; the oldest are forgotten."""
        self._entries = entries
        self._kept: dict[str, tuple[Record, int]] = {}

    async def open(self) -> None:
        return None

    async def read(self, key: str) -> tuple[Record, int] | None:
        return self._kept.get(key)

    async def write(self, key: str, record: Record, expected: int) -> bool:
        _, version = self._kept.get(key, (None, 0))
        if version != expected:
            return False
        # Behind all others: a dict lists its keys in the order they were added.
        self._kept.pop(key, None)
        self._kept[key] = (record, expected + 1)
        if len(self._kept) > self._entries:
            del self._kept[next(iter(self._kept))]
        return True
