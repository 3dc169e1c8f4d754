"""One run of a handler: its end, its time, and what it may do meanwhile."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from .command import Command

_PROGRESS_EVERY = 1.0
Send = Callable[[float | None, str | None], Awaitable[None]]


class Work:
    """What a handler may do beside its work.

    A handler that is a coroutine is cancelled when the gateway does not wait any longer, when an
    UNDO of the step has arrived, and when the worker must stop; one that runs in a thread looks at
    `cancelled`. A handler that ends then with an error is not reported.
    """

    def __init__(
        self, command: Command, log: logging.LoggerAdapter, begun: bool | None, send: Send
    ) -> None:
        self.log = log
        #: Of an UNDO: whether a DO of this step began; None = the store cannot know.
        self.begun = begun
        self.added: dict[str, Any] = {}
        self.stopped: str | None = None
        self.task: asyncio.Future[Any] | None = None
        self._command, self._send = command, send
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._last_progress = -_PROGRESS_EVERY
        if command.deadline is not None:
            self._end_after((command.deadline - datetime.now(UTC)).total_seconds())

    @property
    def cancelled(self) -> bool:
        return self.stopped is not None

    async def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        """A sign of life: the gateway waits for the step's timeout once more. `fraction` from 0 to
        1; at most one a second is sent."""
        if fraction is not None and not 0 <= fraction <= 1:
            raise ValueError(f"progress: {fraction} is not a fraction; expected 0 to 1, or None")
        now = time.monotonic()
        if now - self._last_progress < _PROGRESS_EVERY:
            return
        self._last_progress = now
        await self._send(fraction, message)
        if self._command.timeout is not None and self.stopped is None:
            self._end_after(self._command.timeout)

    def progress_from_thread(self, fraction: float | None = None, message: str | None = None) -> None:
        """The same for a handler that is a plain function."""
        asyncio.run_coroutine_threadsafe(self.progress(fraction, message), self._loop).result()

    def add_header(self, name: str, value: Any) -> None:
        """A header that travels on the DO commands of later steps of a sequential flow."""
        self.added[name] = value

    def stop(self, why: str) -> None:
        if self.stopped is None:
            self.stopped = why
            if self.task is not None:
                self.task.cancel()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end_after(self, seconds: float) -> None:
        self.close()
        self._timer = self._loop.call_later(max(0.0, seconds), self.stop, "deadline")
