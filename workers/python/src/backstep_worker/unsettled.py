"""Which records of one partition are not settled; they are settled in any order."""


class Unsettled:
    def __init__(self, first: int) -> None:
        self._open: dict[int, None] = {}
        self._committed = self._next = first

    def add(self, offset: int) -> bool:
        """False: it was added before, and is still under way or settled."""
        if offset < self._committed:
            # The topic was created again, or somebody has set the group's offset back.
            self._open.clear()
            self._committed = offset
        elif offset < self._next:
            return False
        self._open[offset] = None
        self._next = offset + 1
        return True

    def settle(self, offset: int) -> int | None:
        """The offset to commit, if it has moved."""
        self._open.pop(offset, None)
        first = next(iter(self._open), self._next)
        if first == self._committed:
            return None
        self._committed = first
        return first
