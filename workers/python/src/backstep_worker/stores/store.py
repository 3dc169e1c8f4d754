"""Where a worker keeps what it remembers of its steps."""

from typing import Protocol

from ..step_record import Record


class RecordStore(Protocol):
    #: It keeps each record for ever, over restarts: that it has none proves that this step has not
    #: begun.
    complete: bool

    async def open(self) -> None:
        """Called once before the first command. Raises when the store cannot be used."""

    async def read(self, key: str) -> tuple[Record, int] | None:
        """The record and its version, from 1."""

    async def write(self, key: str, record: Record, expected: int) -> bool:
        """Stores it if the stored version is `expected` (0 = there is none), as one atomic step."""
