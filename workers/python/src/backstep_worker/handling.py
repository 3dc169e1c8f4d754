"""The way of one command: remembered? → run the handler → remember → reply."""

import asyncio
import inspect
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from .command import Command
from .outcome import Failure, Outcome, Success, Unknown, outcome_of
from .running import Work
from .step_record import NOTHING_KNOWN, Decision, Moment, Record, decide, ended, prolonged
from .stores.store import RecordStore
from .telemetry import observed

Handler = Callable[[Command, Work], Any]
T = TypeVar("T")
_ALREADY_UNDONE = Failure("the UNDO of this step came before this DO", "ALREADY_UNDONE", False)
_LATE = Failure("the DO arrived past its deadline", "DEADLINE_PASSED")


class Conversation(Protocol):
    """The way back to the gateway. Each returns when the broker has acknowledged it."""

    async def reply(self, command: Command, outcome: Outcome) -> None: ...

    async def progress(self, command: Command, fraction: float | None, message: str | None) -> None: ...


class GivenBack(Exception):
    """The worker stops: the command is delivered again."""


class Handling:
    """The commands that one worker has at the moment. Times in seconds."""

    def __init__(self, store: RecordStore, owner: str, lease: float, log: logging.Logger) -> None:
        self._store, self._owner, self._lease, self._log = store, owner, lease, log
        self._runs: dict[str, Work] = {}
        self._stopping = asyncio.Event()

    async def handle(self, command: Command, handler: Handler, way: Conversation) -> bool:
        """True: the command may be acknowledged; False: it must be delivered again."""
        log = logging.LoggerAdapter(self._log, _ids(command))
        async with observed(command) as result:
            try:
                result.ending = await self._take(command, handler, way, log)
            except GivenBack:
                result.ending = "given_back"
        log.debug("a command has ended: %s", result.ending)
        return result.ending != "given_back"

    def stop(self) -> None:
        """Handlers that still run are cancelled; what waits is given up."""
        self._stopping.set()
        for work in list(self._runs.values()):
            work.stop("stop")

    async def _take(
        self, command: Command, handler: Handler, way: Conversation, log: logging.LoggerAdapter
    ) -> str:
        decision = await self._decided(command, log)
        if decision is not None and decision.kind == "run":
            return await self._run(command, handler, way, log)
        if decision is None:
            reason, outcome = "past its deadline", _LATE
        else:
            reason = decision.kind
            refused = _ALREADY_UNDONE if decision.kind == "refuse" else Success()
            outcome = decision.outcome or refused
        log.info("not run: %s", reason)
        await self._patiently(log, lambda: way.reply(command, outcome))
        return reason

    async def _decided(self, command: Command, log: logging.LoggerAdapter) -> Decision | None:
        """What to do, stored; None = it is too late for this DO."""
        waits = 0
        while not self._stopping.is_set():
            if _is_late(command):
                return None
            decision = await self._patiently(log, lambda: self._attempt(command))
            if decision is not None and decision.kind != "wait":
                return decision
            if decision is not None:
                running = self._runs.get(command.key)
                if command.action == "UNDO" and running is not None:
                    running.stop("undo")
                left = max(0.001, decision.until / 1000 - time.time())
                await self._pause(min(left, 1.0, 0.02 * 2**waits))
                waits = min(waits + 1, 10)
        raise GivenBack

    async def _attempt(self, command: Command) -> Decision | None:
        """Decides on the stored record, and stores what the decision needs; None = again."""
        held = await self._store.read(command.key)
        record, version = held or (NOTHING_KNOWN, 0)
        now = _ms()
        until = now + int(self._lease * 1000)
        moment = Moment(self._owner, now, until, self._store.complete)
        decision = decide(command.action, record, moment)
        if decision.record is None or decision.record is record:
            return decision
        stored = await self._store.write(command.key, decision.record, version)
        return decision if stored else None

    async def _run(
        self, command: Command, handler: Handler, way: Conversation, log: logging.LoggerAdapter
    ) -> str:
        begun = await self._begun(command, log)
        work = Work(command, log, begun, lambda fraction, text: way.progress(command, fraction, text))
        self._runs[command.key] = work
        renewing = asyncio.create_task(self._renew(command, work, log))
        try:
            outcome = await _outcome_from(handler, command, work)
        finally:
            renewing.cancel()
            work.close()
            if self._runs.get(command.key) is work:
                del self._runs[command.key]
        await self._patiently(log, lambda: self._remember(command, outcome), at_least_once=True)
        if work.stopped is not None and not isinstance(outcome, Success):
            # It ended because it was cancelled: its effect is not known, as the gateway assumes.
            log.warning("not replied (%s): %s", work.stopped, outcome.message)
            if work.stopped == "stop":
                raise GivenBack
            return "abandoned"
        await self._patiently(log, lambda: way.reply(command, outcome), at_least_once=True)
        return type(outcome).__name__.lower()

    async def _begun(self, command: Command, log: logging.LoggerAdapter) -> bool | None:
        if command.action == "DO":
            return None
        held = await self._patiently(log, lambda: self._store.read(command.key))
        if held is not None and held[0]["do"] is not None:
            return True
        return False if self._store.complete else None

    async def _renew(self, command: Command, work: Work, log: logging.LoggerAdapter) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            until = _ms() + int(self._lease * 1000)
            try:
                mine = await self._change(
                    command, lambda held: prolonged(command.action, held, self._owner, until)
                )
            except Exception as error:  # noqa: BLE001
                log.warning("the store of records is away; the handler goes on: %s", error)
            else:
                if not mine:
                    work.stop("taken")

    async def _remember(self, command: Command, outcome: Outcome) -> None:
        await self._change(command, lambda held: ended(command.action, held, self._owner, outcome))

    async def _change(self, command: Command, change: Callable[[Record], Record | None]) -> bool:
        """Stores the changed record; False = `change` found nothing to change."""
        while True:
            record, version = await self._store.read(command.key) or (NOTHING_KNOWN, 0)
            changed = change(record)
            if changed is None:
                return False
            if await self._store.write(command.key, changed, version):
                return True

    async def _patiently(
        self,
        log: logging.LoggerAdapter,
        work: Callable[[], Awaitable[T]],
        *,
        at_least_once: bool = False,
    ) -> T:
        """Repeats what fails, for as long as it takes, until the worker stops."""
        failures = 0
        while at_least_once or not self._stopping.is_set():
            try:
                return await work()
            except Exception as error:  # noqa: BLE001
                if self._stopping.is_set():
                    break
                delay = min(5.0, 0.05 * 2**failures)
                log.warning("trying again in %.2f s: %s", delay, error)
                failures = min(failures + 1, 10)
                await self._pause(delay)
        raise GivenBack

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


async def _outcome_from(handler: Handler, command: Command, work: Work) -> Outcome:
    try:
        if inspect.iscoroutinefunction(handler):
            work.task = asyncio.ensure_future(handler(command, work))
            result = await work.task
        else:
            result = await asyncio.to_thread(handler, command, work)
    except asyncio.CancelledError:
        if work.stopped is None:
            raise
        return Failure(f"the handler was cancelled: {work.stopped}")
    except Exception as error:  # noqa: BLE001 - whatever it was, the gateway decides
        return outcome_of(error)
    try:
        payload = None if result is None else json.dumps(result, allow_nan=False)
        return Success(payload, dict(work.added))
    except (TypeError, ValueError) as error:
        # The work is done: only an UNDO brings it back.
        return Unknown(f"the result is not JSON: {error}")


def _is_late(command: Command) -> bool:
    """A DO only: an UNDO is always done."""
    deadline = command.deadline
    return command.action == "DO" and deadline is not None and deadline < datetime.now(UTC)


def _ids(command: Command) -> dict[str, Any]:
    ids = {"flowId": command.flow_id, "traceId": command.trace_id, "step": command.step_name}
    return {**ids, "action": command.action, "attempt": command.attempt}


def _ms() -> int:
    return int(time.time() * 1000)
